import type { SectionCase } from './config-cases.ts'

const WROTE = '# circleci-aws-oidc: wrote'
const KEYS = { aws_access_key_id: 'ASIA1', aws_secret_access_key: 's/+=', aws_session_token: 't==' }
const DEV_KEYS = `${WROTE} aws_access_key_id, aws_secret_access_key, aws_session_token; until noon
aws_access_key_id = ASIA1
aws_secret_access_key = s/+=
aws_session_token = t==
`
const DEV_SECTION = `[dev]
${DEV_KEYS.replace('wrote', 'wrote this section,')}`

/** Keys for profile dev in the credentials file. */
export const CREDENTIALS_CASES: SectionCase[] = [
  { name: 'empty file', before: '', after: DEV_SECTION },
  { name: 'file of one line end', before: '\n', after: `\n\n${DEV_SECTION}` },
  {
    name: 'header spelled as in the config file',
    before: '[profile dev]\n',
    after: `[profile dev]\n\n${DEV_SECTION}`,
  },
  { name: 'blank inside the brackets', before: '[ dev ]\n', after: `[ dev ]\n\n${DEV_SECTION}` },
  { name: 'another case', before: '[DEV]\n', after: `[DEV]\n\n${DEV_SECTION}` },
  {
    name: 'keys of an IAM user replaced, the token added',
    before:
      '[dev]\naws_access_key_id = AKIA\naws_secret_access_key = old\n[b]\naws_access_key_id = B\n',
    after: `[dev]\n${WROTE} aws_access_key_id, aws_secret_access_key, aws_session_token; until noon\naws_session_token = t==\naws_access_key_id = ASIA1\naws_secret_access_key = s/+=\n[b]\naws_access_key_id = B\n`,
  },
  { name: 'section without keys', before: '[dev]\n[b]\n', after: `[dev]\n${DEV_KEYS}[b]\n` },
  {
    name: 'second run with the same keys',
    before: `[a]\n\n${DEV_SECTION}\n[b]\n`,
    after: `[a]\n\n${DEV_SECTION}\n[b]\n`,
  },
  {
    name: 'second run with new keys',
    before: `${DEV_SECTION.replace('ASIA1', 'ASIA0').replace('noon', 'ten')}`,
    after: DEV_SECTION,
  },
].map((item) => ({ values: KEYS, note: 'until noon', ...item, file: 'credentials' as const }))
