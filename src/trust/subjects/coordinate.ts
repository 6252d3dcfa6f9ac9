import { OidcError } from '../../errors.ts'

/** Refuses a coordinate that is not of its form: it would end up in a policy that allows nobody, or the wrong ones. */
export function checkCoordinate(option: string, value: string, form: Form): string {
  const { pattern, expected } = FORMS[form]
  if (pattern.test(value) && value.length <= 255) return value
  throw new OidcError('invalid-usage', {
    what: `--${option} is ${JSON.stringify(value.slice(0, 120))}, but it must be ${expected}.`,
    next: `Give --${option} as the provider shows it.`,
  })
}

type Form = keyof typeof FORMS

// Character sets leave no room for quotes, blanks, `$`, backslashes and line breaks, but where said otherwise.
const FORMS = {
  uuid: {
    pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    expected: 'a UUID in lower case, as in the organization or project settings',
  },
  // `vcs-origin` claim of https://circleci.com/docs/openid-connect-tokens/
  origin: {
    pattern: /^[\w.-]+(\/[\w.~-]+){2,}$/,
    expected: 'an origin such as github.com/OWNER/REPOSITORY, with the host, without a scheme',
  },
  // https://docs.gitlab.com/user/reserved_names/: letters, digits, "_", "-", "." and "/" between groups.
  'project-path': {
    pattern: /^\w[\w.-]*(\/\w[\w.-]*)+$/,
    expected: 'a path such as GROUP/PROJECT',
  },
  'group-path': {
    pattern: /^\w[\w.-]*(\/\w[\w.-]*)*\/\*$/,
    expected: 'GROUP/* (with --any-project)',
  },
  repository: {
    pattern: /^[\w-]+(\/[\w.-]+|@\d+\/[\w.-]+@\d+)$/,
    expected: 'a repository such as OWNER/NAME, or OWNER@ID/NAME@ID',
  },
  owner: {
    pattern: /^[\w-]+(@\d+)?\/\*$/,
    expected: 'OWNER/* or OWNER@ID/* (with --any-project)',
  },
  // git-check-ref-format(1), and one "*" at the end of a path as a wildcard: no ref can contain one.
  ref: {
    pattern:
      /^(?!\.)(?!.*(?:\.\.|@\{|&\{|\/\/|\/\.|\.lock(?:\/|$)|[./]$))[!-)+-.0-9;->@-Z\]_-}\xa0-\xff][!-)+-9;->@-Z\]_-}\xa0-\xff]*(?:\/\*)?$/,
    expected: 'the name of a branch or tag, or the first part of one and "/*", such as "feature/*"',
  },
  // https://docs.github.com/actions/how-tos/deploy/configure-and-manage-deployments/manage-environments
  environment: {
    pattern: /^(?!.*&\{)[\x20-\x7e\xa0-\xff]+$/,
    expected: 'the name of an environment',
  },
  // CreateOpenIDConnectProvider, Url: https, a path, neither port nor query.
  issuer: {
    pattern: /^https:\/\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?(\/[\w.~%-]+)*\/?$/i,
    expected: 'the URL of an issuer: https://, a host and optionally a path, without port or query',
  },
  audience: {
    pattern: /^[!#%&(-[\]-_a-~]+$/,
    expected: 'an audience of printable characters, without spaces, quotes, "$" and backslashes',
  },
  // Policies take characters up to U+00FF: API_CreateRole.html, AssumeRolePolicyDocument.
  subject: {
    pattern: /^(?!.*&\{)[\x20-\x7e\xa0-\xff]+$/,
    expected: "a token's sub of up to 255 printable characters, which may have * and ?",
  },
} as const satisfies Record<string, { pattern: RegExp; expected: string }>

/**
 * Text as a policy takes it literally: `${` would begin a policy variable, `*` and `?` are wildcards.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
 */
export function policyLiteral(text: string): string {
  return text.replace(/\$(?=\{)|[*?]/g, '${$&}')
}

/** The URL of an issuer to connect to, which may have a port. */
export function checkIssuer(url: string): string {
  checkCoordinate('issuer', url.replace(/:\d{1,5}(?=\/|$)/, ''), 'issuer')
  return url
}

/** A git ref as a policy value; a short name gets the prefix, `/*` at its end stays a wildcard. */
export function refName(option: string, name: string, prefix: string): string {
  const checked = checkCoordinate(option, name, 'ref')
  const whole = checked.startsWith('refs/') ? checked : `${prefix}${checked}`
  return whole.endsWith('/*') ? `${policyLiteral(whole.slice(0, -1))}*` : policyLiteral(whole)
}

/** Kind and short name of a ref; a short name alone tells no kind. Throws for what no subject names: `refs/pull/7/merge`. */
export function branchOrTag(
  option: string,
  ref: string,
): { readonly kind: 'branch' | 'tag' | undefined; readonly name: string } {
  if (!ref.startsWith('refs/')) return { kind: undefined, name: ref }
  const [, kind, name] = /^refs\/(heads|tags)\/(.+)$/s.exec(ref) ?? []
  if (name !== undefined) return { kind: kind === 'tags' ? 'tag' : 'branch', name }
  throw new OidcError('invalid-usage', {
    what: `--${option} is ${JSON.stringify(ref)}, but a subject names only branches and tags.`,
    next: 'Give refs/heads/NAME, refs/tags/NAME, or the name alone.',
  })
}

/** `--a` and `--b` cannot be combined. */
export function conflict(a: string, b: string): OidcError {
  return new OidcError('invalid-usage', {
    what: `--${a} and --${b} cannot be combined.`,
    next: 'Leave one of them out.',
  })
}

export function missing(option: string, why: string): OidcError {
  return new OidcError('invalid-usage', {
    what: `--${option} is missing.`,
    why,
    next: `Add --${option}.`,
  })
}

// IAM takes more in the path of an ARN, such as "*", which would be a wildcard in a policy and more in a script.
export const PLAIN = /^[\w+=,.@:/-]+$/
