/** The options of `cleanup`, apart from its code. */
export const CLEANUP_OPTIONS = ['profile', 'format', 'debug'] as const
