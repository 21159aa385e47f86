/** Two arrows: a request and its answer. */
export function Mark() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <rect className="mark" width="24" height="24" rx="6" />
      <path
        className="mark-out"
        d="M6 9h11m0 0-3.2-3.2"
        strokeWidth="2.1"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <path
        className="mark-in"
        d="M18 15H7m0 0 3.2 3.2"
        strokeWidth="2.1"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
