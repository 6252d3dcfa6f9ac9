/** What differs from run to run, and what pages leave out as "…", made alike on both sides. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?/g, 'TIME'],
  [/\b(ARO|ASI)A[A-Z0-9]{16,17}\b/g, 'ID'],
  [/^(aws_\w+ = ).*$/gm, '$1…'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}(?=\))/g, 'REQUEST'],
  [/ +/g, ' '],
  [/127\.0\.0\.1:\d+/g, 'HOST'],
  [/next in [\d.]+ s/g, 'next in SECONDS'],
  [/took \d+ ms/g, 'took MS'],
  // What a slow machine says of itself.
  [/^(sandbox: still making its keys|Still .*; the time limit is \d+ s\.)\n/gm, ''],
  // A slow machine runs a page for more than a minute.
  [/\bin 5\d minutes/g, 'in MINUTES'],
  [/\/[^\s"]*circleci-aws-oidc-sandbox-\w+/g, '/JOB'],
]

export function masked(text: string): string {
  const same = MASKS.reduce((result, [pattern, mask]) => result.replace(pattern, mask), text)
  return same.trimEnd()
}

/** Whether the page's output is what was printed, "…" standing for any text within a line, or any lines. */
export function isOutput(shown: string, printed: string): boolean {
  const pattern = masked(shown)
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^]*?')
  return new RegExp(`^${pattern}$`).test(masked(printed))
}
