import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ROLE, startJob } from './job.ts'

const ID = 'AKIAIOSFODNN7EXAMPLE'
const KEYS = `aws_access_key_id = ${ID}\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n`
const ASSUME = ['assume-role', '--role-arn', ROLE]

for (const [name, path, text, profile] of [
  [
    '[default] of the credentials file',
    '.aws/credentials',
    `# mine\n[default]\n${KEYS}`,
    'default',
  ],
  ['a profile of the config file', '.aws/config', `[profile dev]\nregion = x\n${KEYS}`, 'dev'],
] as const) {
  describe(`static keys of the user in ${name}`, () => {
    for (const kind of ['static', 'refresh', 'token-file']) {
      test(`--credentials ${kind} is refused, saying what stands there`, async (t) => {
        const { job } = await startJob(t)
        job.write(path, text)
        const args = [...ASSUME, '--profile', profile, '--credentials', kind]
        const where = new RegExp(`"${profile}".*${path}, line 3 \\(AKIA…MPLE\\)`)
        const { stderr } = await job.fails(args, 'profile-has-keys', where)
        assert.doesNotMatch(stderr, /IOSFODNN|wJalr/)
        assert.deepEqual(job.files(), { [path]: text })
      })
    }

    test('doctor finds them, but with --overwrite', async (t) => {
      const { job } = await startJob(t)
      job.write(path, text)
      const doctor = ['doctor', '--role-arn', ROLE, '--profile', profile]
      const { stdout, code } = await job.run(doctor)
      assert.equal(code, 6, stdout)
      assert.match(stdout, /has static keys that circleci-aws-oidc did not write/)
      await job.done([...doctor, '--overwrite'])
    })

    test('--overwrite replaces them', async (t) => {
      const { job } = await startJob(t)
      job.write(path, text)
      await job.done([...ASSUME, '--profile', profile, '--overwrite'])
      assert.doesNotMatch(Object.values(job.files()).join(''), new RegExp(ID))
    })
  })
}

test('what an earlier run left is replaced, as often as it likes', async (t) => {
  const { job } = await startJob(t)
  for (const kind of ['static', 'static', 'refresh', 'static', 'token-file', 'static']) {
    await job.done([...ASSUME, '--credentials', kind])
  }
  job.write('.aws/credentials', job.read('.aws/credentials')?.replace(/= ASIA\w+/, `= ${ID}`) ?? '')
  await job.fails(ASSUME, 'profile-has-keys', /default/)
})

test('one profile of a file with such keys keeps all of it from being written', async (t) => {
  const { job } = await startJob(t)
  job.write('.aws/credentials', `[b]\n${KEYS}`)
  job.write('profiles', ['a', 'b'].map((one) => `[profile ${one}]\nrole_arn = ${ROLE}\n`).join(''))
  const before = job.files()
  await job.fails(['assume-role', '--profiles-file', 'profiles'], 'profile-has-keys', /"b"/)
  assert.deepEqual(job.files(), before)
})

test('as a source such a profile may stay', async (t) => {
  const { job } = await startJob(t)
  job.write('.aws/credentials', `[base]\n${KEYS}`)
  await job.done([...ASSUME, '--profile', 'dev'])
  assert.match(
    job.read('.aws/credentials') ?? '',
    new RegExp(`^\\[base\\]\naws_access_key_id = ${ID}`),
  )
})
