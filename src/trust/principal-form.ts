const ACCOUNT = String.raw`arn:aws[a-z-]*:(?:iam|sts)::\d{12}:`

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
const FORMS: Readonly<Record<string, { pattern: RegExp; expected: string }>> = {
  AWS: {
    // A role or user that was deleted shows as its unique id.
    pattern: new RegExp(
      `^(\\*|\\d{12}|A[A-Z0-9]{15,}|${ACCOUNT}(root|(user|role|assumed-role|federated-user)/\\S+))$`,
    ),
    expected: 'an account id of 12 digits, the ARN of a role, user or session, or "*"',
  },
  Federated: {
    pattern: new RegExp(
      `^(\\*|${ACCOUNT}(oidc-provider|saml-provider)/\\S+|[a-z0-9-]+(\\.[a-z0-9-]+)+)$`,
      'i',
    ),
    expected: 'the ARN of a provider, or the domain name of one that is built in',
  },
}

/** What IAM would complain of: it answers `MalformedPolicyDocument` to such a principal. */
export function principalProblem(kind: string, value: string): string | undefined {
  const form = FORMS[kind]
  if (form === undefined || form.pattern.test(value)) return undefined
  return `is ${JSON.stringify(value)}; it must be ${form.expected}`
}
