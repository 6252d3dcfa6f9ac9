import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { editSection, type SectionEdit } from '../../src/profiles/section.ts'

const EDIT: SectionEdit = {
  file: 'credentials',
  profile: 'dev',
  values: {
    aws_access_key_id: 'ASIAQNZGKIQY56JQ7WML',
    aws_secret_access_key: 's',
    aws_session_token: 't',
  },
  remove: [],
  ownKeys: 'refused',
}

const WROTE = '# circleci-aws-oidc: wrote'
const OURS = `${WROTE} this section, aws_access_key_id, aws_secret_access_key, aws_session_token`
// Of AWS's documentation.
const ID = 'AKIAIOSFODNN7EXAMPLE'
const SECRET = 'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const TOKEN = 'aws_session_token = t'
const file = (...lines: readonly string[]) => `[dev]\n${lines.join('\n')}\n`

/** Text, and where the message finds the key; of an id it shows eight characters. */
const REFUSED: Readonly<Record<string, readonly [text: string, where: string]>> = {
  'keys of an IAM user': [file(`aws_access_key_id = ${ID}`, SECRET), 'line 2 (AKIA…MPLE)'],
  'the secret first': [file('x = y', SECRET, `aws_access_key_id=${ID}`), 'line 3 (AKIA…MPLE)'],
  'a secret alone': [file(SECRET), 'line 2'],
  'keys of a session': [
    file('aws_access_key_id = ASIAIOSFODNN7EXAMPLE', SECRET, TOKEN),
    'line 2 (ASIA…MPLE)',
  ],
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html: 16 to 128 characters.
  'an id of 16 characters': [file('aws_access_key_id = ABCDEFGHIJKLMNOP'), 'line 2 (ABCD…MNOP)'],
  'what is too short for an id': [file('aws_access_key_id = ABCDEFGHIJKLMNO'), 'line 2'],
  'what is too long for an id': [file(`aws_access_key_id = ${'A'.repeat(129)}`), 'line 2'],
  'a secret in the place of the id': [file(`aws_access_key_id = a${'B'.repeat(20)}`), 'line 2'],
  'one that ends in a small letter': [file(`aws_access_key_id = ${'B'.repeat(20)}a`), 'line 2'],
  'an id that takes two lines': [file(`aws_access_key_id = ${ID}`, '  x'), 'line 2'],
  'keys of an IAM user beneath our comment': [
    file(OURS, `aws_access_key_id = ${ID}`, SECRET, TOKEN),
    'line 3 (AKIA…MPLE)',
  ],
  'keys without a token beneath our comment': [
    file(OURS, 'aws_access_key_id = LSIAQAAAAAAAEXAMPLE1', SECRET),
    'line 3 (LSIA…PLE1)',
  ],
  'keys beneath a comment of ours about others': [
    file(`${WROTE} region`, 'region = x', 'aws_access_key_id = ASIAIOSFODNN7EXAMPLE', SECRET),
    'line 4 (ASIA…MPLE)',
  ],
  'a secret that our comment does not name': [
    file(`${WROTE} aws_access_key_id`, 'aws_access_key_id = ASIAIOSFODNN7EXAMPLE', SECRET),
    'line 4',
  ],
}

/** What is written over without a question. */
const TAKEN: Readonly<Record<string, string>> = {
  'no file': '',
  'keys of another profile': `[prod]\naws_access_key_id = ${ID}\n`,
  'a profile without keys': file('region = x'),
  'a token alone': file(TOKEN),
  'what an earlier run wrote': file(
    OURS,
    'aws_access_key_id = ASIAIOSFODNN7EXAMPLE',
    SECRET,
    TOKEN,
  ),
  'what an earlier run wrote, of an STS that is not that of AWS': file(
    OURS,
    'aws_access_key_id = LSIAQAAAAAAAEXAMPLE1',
    SECRET,
    TOKEN,
  ),
  'ours without the token': file(OURS, 'aws_access_key_id = ASIAIOSFODNN7EXAMPLE', SECRET),
  'ours without the id': file(OURS, SECRET, TOKEN),
}

describe('static keys in a profile that is to be written', () => {
  for (const [name, [text, where]] of Object.entries(REFUSED)) {
    test(`${name}: refused, and where they are`, async () => {
      await assert.rejects(() => editSection(text, EDIT, '/home/me/.aws/credentials'), {
        code: 'profile-has-keys',
        message: `The profile "dev" has static keys that circleci-aws-oidc did not write: /home/me/.aws/credentials, ${where}.`,
      })
      const replaced = await editSection(text, { ...EDIT, ownKeys: 'replaced' }, 'file')
      assert.ok(replaced.includes('ASIAQNZG'))
    })
  }

  for (const [name, text] of Object.entries(TAKEN)) {
    test(`${name}: written over`, async () => {
      const edited = await editSection(text, EDIT, 'file')
      assert.ok(edited.includes('ASIAQNZG'))
    })
  }

  test('in either section of the default profile', async () => {
    const edit: SectionEdit = { ...EDIT, file: 'config', profile: 'default' }
    for (const [first, second] of [
      ['default', 'profile default'],
      ['profile default', 'default'],
    ]) {
      const text = `[${first}]\nregion = x\n[${second}]\n${SECRET}\n`
      const editing = editSection(text, edit, 'file')
      await assert.rejects(editing, { message: /: file, line 4\.$/ })
    }
  })
})
