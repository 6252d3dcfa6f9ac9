import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import {
  asOidcError,
  docsLink,
  ERROR_EXIT_CODES,
  errorJson,
  errorText,
  isMissingPart,
  notInThisCopy,
  OidcError,
} from '../src/errors.ts'

const WHOLE = new OidcError('access-denied', {
  what: ['It broke:', '  here'],
  why: 'Because\nof \u001b[2J.',
  likely: 'Perhaps.',
  next: ['Do this.', 'Then that.'],
})
const BARE = new OidcError('timed-out', { what: 'It took too long.' })

describe('the text of an error', () => {
  const plain = (_stream: string, _style: string, text: string) => text

  test('what, why, what is likely, what next, and where more stands', () => {
    assert.equal(
      errorText(WHOLE, plain),
      `Error access-denied: It broke:
  here
  Why:    Because\\u000aof \\u001b[2J.
  Likely: Perhaps.
  Next:   Do this.
          Then that.
  More:   npx circleci-aws-oidc explain access-denied`,
    )
    assert.equal(
      errorText(BARE, plain),
      `Error timed-out: It took too long.
  More:   npx circleci-aws-oidc explain timed-out`,
    )
  })

  test('its code is red, its labels are bold', () => {
    const text = errorText(BARE, (stream, style, part) => `<${stream} ${style}>${part}<>`)
    assert.equal(
      text,
      `<stderr red>Error timed-out:<> It took too long.
<stderr bold>  More:   <>npx circleci-aws-oidc explain timed-out`,
    )
  })

  test('for programs', () => {
    assert.deepEqual(errorJson(WHOLE), {
      error: {
        ...{ code: 'access-denied', exitCode: 4, what: 'It broke:\n  here' },
        ...{ why: 'Because\\u000aof \\u001b[2J.', likely: 'Perhaps.' },
        next: 'Do this.\nThen that.',
      },
    })
    assert.deepEqual(errorJson(BARE), {
      error: {
        ...{ code: 'timed-out', exitCode: 5, what: 'It took too long.' },
        ...{ why: null, likely: null, next: null },
      },
    })
  })
})

test('each code has its heading where it is said to have one', () => {
  for (const code of Object.keys(ERROR_EXIT_CODES)) {
    const [page = '', anchor] = docsLink(code, 'doctor').split('#')
    assert.equal(anchor, code)
    assert.match(readFileSync(page, 'utf8'), new RegExp(`^## ${code}$`, 'm'))
  }
  for (const page of ['audit', 'doctor', 'trust-policy'] as const) {
    assert.equal(docsLink('clock-skew', page), `docs/findings/${page}.md#clock-skew`)
  }
})

describe('an error that is not ours', () => {
  const missing = Object.assign(new Error('no'), { code: 'MODULE_NOT_FOUND' })

  test('ours stays as it is, also from another copy of the class', () => {
    assert.equal(asOidcError(WHOLE), WHOLE)
    const ofOther = Object.assign(new Error('x'), { name: 'OidcError', code: 'timed-out' })
    assert.equal(asOidcError(ofOther), ofOther)
    assert.equal(asOidcError({ name: 'OidcError' }).code, 'internal-error')
  })

  test('a part that this copy goes without', () => {
    assert.equal(isMissingPart(missing), true)
    assert.equal(isMissingPart(new Error('MODULE_NOT_FOUND')), false)
    assert.equal(isMissingPart(Object.assign(new Error(), { code: 'ENOENT' })), false)
    assert.equal(isMissingPart({ code: 'MODULE_NOT_FOUND' }), false)
    const { code, message, why, next, cause } = asOidcError(missing)
    assert.deepEqual(
      [code, message, why, next, cause],
      [
        'invalid-usage',
        'What these options need is not part of this copy of circleci-aws-oidc.',
        'It comes with the npm package; the orb leaves it out.',
        'Run it as npx circleci-aws-oidc instead.',
        missing,
      ],
    )
    assert.equal(notInThisCopy('Help', missing).cause, missing)
  })

  test('no home directory', () => {
    const homeless = Object.assign(new Error('x'), { syscall: 'uv_os_homedir' })
    const { code, next, cause } = asOidcError(homeless)
    assert.deepEqual([code, cause], ['invalid-usage', homeless])
    assert.match(next ?? '', /^Set HOME /)
    assert.equal(asOidcError({ syscall: 'uv_os_homedir' }).code, 'internal-error')
    assert.equal(asOidcError(Object.assign(new Error(), { syscall: 'open' })).exitCode, 1)
  })

  test('anything else is a bug', () => {
    const thrown = new TypeError('x is not a function')
    const { code, exitCode, message, next, cause } = asOidcError(thrown)
    assert.deepEqual([code, exitCode, cause], ['internal-error', 1, thrown])
    assert.equal(message, 'This is a bug in circleci-aws-oidc: TypeError: x is not a function')
    assert.match(next ?? '', /--debug/)
    assert.equal(asOidcError('text').message, 'This is a bug in circleci-aws-oidc: text')
  })
})
