import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileFunction } from 'node:vm'
import fc from 'fast-check'
import { withParentheses } from '../../../scripts/build/compile-ahead.ts'

/** The places of these texts in the code. */
function placesOf(code: string, texts: readonly string[]) {
  return new Set(
    texts.map((text) => {
      const start = code.indexOf(text)
      assert.ok(start >= 0 && code.indexOf(text, start + 1) < 0, `${text} stands there once`)
      return `${start}-${start + text.length}`
    }),
  )
}

const CASES = [
  {
    what: 'a declaration goes to the start, as it is known from there',
    code: 'use(f);function f(){return 1}done()',
    ran: ['function f(){return 1}'],
    made: 'var f=(function(){return 1});use(f);;done()',
  },
  {
    what: 'one that assigns to its own name, and a line before it that no semicolon ends',
    code: 'a=1\nfunction f(){f=()=>2}\n(b)',
    ran: ['function f(){f=()=>2}'],
    made: 'var f=(function(){f=()=>2});a=1\n;\n(b)',
  },
  {
    what: 'one that is not called stays',
    code: 'function f(){return 1}function g(){return 2}',
    ran: ['function g(){return 2}'],
    made: 'var g=(function(){return 2});function f(){return 1};',
  },
  {
    what: 'one within another stays',
    code: 'function f(){return g();function g(){}}',
    ran: ['function f(){return g();function g(){}}', 'function g(){}'],
    made: 'var f=(function(){return g();function g(){}});;',
  },
  {
    what: 'asynchronous ones and generators',
    code: 'async function f(){}function*$g(){}',
    ran: ['async function f(){}', 'function*$g(){}'],
    made: 'var f=(async function(){});var $g=(function*(){});;;',
  },
  {
    what: 'expressions where they stand',
    code: 'var a=()=>1,b=async c=>c,d=function(){},e={f:()=>2,a};call(g=>h=>g+h)',
    ran: ['()=>1', 'async c=>c', 'function(){}', '()=>2', 'g=>h=>g+h', 'h=>g+h'],
    made: 'var a=(()=>1),b=(async c=>c),d=(function(){}),e={f:(()=>2),a};call((g=>(h=>g+h)))',
  },
  {
    what: 'methods and accessors take none',
    code: 'class A{m(){return()=>3}get g(){}constructor(){}static async s(){}p=()=>4}var o={m(){},set s(x){}}',
    ran: [
      '(){return()=>3}',
      '()=>3',
      'm(){return()=>3}',
      'get g(){}',
      'constructor(){}',
      'static async s(){}',
      '()=>4',
      'set s(x){}',
    ],
    made: 'class A{m(){return(()=>3)}get g(){}constructor(){}static async s(){}p=(()=>4)}var o={m(){},set s(x){}}',
  },
  {
    what: 'in templates, defaults and patterns',
    code: 'var f=({a,b=()=>5},[c])=>`${(()=>6)()} ${a}`',
    ran: ['()=>5', '()=>6', '({a,b=()=>5},[c])=>`${(()=>6)()} ${a}`'],
    made: 'var f=(({a,b=(()=>5)},[c])=>`${((()=>6))()} ${a}`)',
  },
  {
    what: 'none at all',
    code: '/x/g.test("(()=>7)")',
    ran: [],
    made: '/x/g.test("(()=>7)")',
  },
] as const

for (const { what, code, ran, made } of CASES) {
  test(`functions that are called: ${what}`, () => {
    assert.equal(withParentheses(code, placesOf(code, ran)), made)
  })
}

test('code that begins with a directive is refused', () => {
  const code = '"use strict";function f(){}'
  assert.throws(() => withParentheses(code, placesOf(code, ['function f(){}'])), /directive/)
})

test('code with parentheses does as it did, whichever functions have them', () => {
  const functions = [
    'function add(a,b){return a+b}',
    'function twice(f){return x=>f(f(x))}',
    'x=>f(f(x))',
    'n=>add(n,K)',
    '()=>start',
  ]
  const code = `var start=add(1,2);const read=()=>start;${functions[0]}${functions[1]}var K=10;result(start,twice(n=>add(n,K))(read()),add.name,read.name,twice.length)`
  const resultOf = (text: string) => {
    let values: unknown[] = []
    compileFunction(text, ['result'])((...given: unknown[]) => {
      values = given
    })
    return values
  }
  const expected = [3, 23, 'add', 'read', 1]
  assert.deepEqual(resultOf(code), expected)
  fc.assert(
    fc.property(fc.subarray(functions), (ran) => {
      assert.deepEqual(resultOf(withParentheses(code, placesOf(code, ran))), expected)
    }),
  )
})
