import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

const SECRETS = [
  /eyJ[\w-]+\.[\w-]+\.[\w-]+/g,
  /aws_(?:secret_access_key|session_token|security_token)\s*=\s*'?([^\s']+)/gi,
  // The password in the URL of a proxy.
  /:\/\/[^\s:@/]+:([^\s@]+)@/g,
]

/** The tokens and keys that stand in a text: a shared file, an environment, what goes to stdin. */
export function secretsIn(text: string): string[] {
  const found = SECRETS.flatMap((pattern) => [...text.matchAll(pattern)])
  return found.map(([whole, group]) => group ?? whole).filter(({ length }) => length >= 8)
}

/** Fails when the text shows one of the secrets: whole, its signature alone, or encoded. */
export function assertConceals(text: string, secrets: Iterable<string>, where: string): void {
  for (const secret of new Set(secrets)) {
    const signature = /^eyJ/.test(secret) ? secret.split('.').at(-1) : undefined
    const forms = [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      ...(signature && signature.length > 20 ? [signature] : []),
    ]
    const shown = forms.some((form) => text.includes(form))
    assert.ok(!shown, `${where} shows a secret of ${secret.length} characters`)
  }
}

/** Records the command lines of a process and of those it starts, for as long as it runs. */
export function watchArguments(pid: number): () => string {
  const seen = new Set<string>()
  const look = () => {
    for (const one of family(pid)) seen.add(`${one} ${read(`/proc/${one}/cmdline`)}`)
  }
  look()
  const timer = setInterval(look, 4)
  return () => {
    clearInterval(timer)
    return [...seen].join('\n')
  }
}

function family(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(family)]
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
