/** The breakpoint of Anthropic's prompt cache, which clients set on messages, parts, tools and tool calls. */
export function cacheOf(holder: object): { cache_control?: unknown } {
  const mark = 'cache_control' in holder ? holder.cache_control : null;
  return mark == null ? {} : { cache_control: mark };
}
