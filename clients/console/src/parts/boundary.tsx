import { Component, type ReactNode } from 'react';

interface BoundaryProps {
  /** What is shown instead of what failed. */
  readonly fallback: ReactNode;
  /** When it changes, the children are tried again. */
  readonly place?: string;
  readonly children: ReactNode;
}

/**
 * Keeps a failure in its place. Without it, a file that cannot be loaded empties the whole page: that happens in a page
 * that was opened before the gateway was updated, because the files of the old console are gone.
 */
export class Boundary extends Component<BoundaryProps, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidUpdate({ place }: BoundaryProps) {
    if (this.state.failed && place !== this.props.place) this.setState({ failed: false });
  }

  override render() {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}
