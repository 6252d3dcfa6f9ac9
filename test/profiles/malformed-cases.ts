/** What is refused: the message must name the line, and say why. */
export const MALFORMED_CASES: readonly {
  readonly name: string
  readonly before: string
  readonly says: RegExp
  readonly remove?: readonly string[]
  readonly values?: Readonly<Record<string, string>>
}[] = [
  {
    name: 'text before the first section',
    before: '# a\nregion = x\n[profile dev]\n',
    says: /line 2: there is text before/,
  },
  {
    name: 'unterminated header',
    before: '[a]\n\n[profile dev\n',
    says: /line 3: the section header lacks a name or "]"/,
  },
  {
    name: 'unterminated header of the first section',
    before: '# a\n[default\nregion = x\n',
    says: /line 2: the section header lacks a name or "]"/,
  },
  { name: 'key without value', before: '[a]\r\nregion\r\n', says: /line 2: it is neither/ },
  { name: 'value without key', before: '[a]\n = x\n', says: /line 2: there is no key/ },
  { name: 'empty header', before: '[]\n', says: /line 1: the section header lacks a name/ },
  {
    name: 'byte order mark',
    before: '\ufeff[profile dev]\n',
    says: /line 1: it starts with a byte order mark/,
  },
  { name: 'NUL byte', before: '[a]\nb = \0\n', says: /line 2: it contains a NUL byte/ },
  {
    name: 'section twice',
    before: '[profile dev]\n[a]\n[profile dev]\n',
    says: /line 3: .* on line 1 already/,
  },
  {
    name: 'key twice',
    before: '[profile dev]\na = 1\nA: 2\n',
    says: /line 3: the same key is on line 2/,
  },
  {
    name: 'key twice in another section',
    before: '[profile dev]\n[profile b]\na = 1\nA = 2\n',
    says: /line 4: the same key is on line 3/,
  },
  {
    name: 'another section twice',
    before: '[profile b]\n[profile dev]\n[profile b]\n',
    says: /line 3: the section \[profile b\] is on line 1/,
  },
  {
    name: 'key of [DEFAULT] in another [DEFAULT]',
    before: '[DEFAULT]\na = 1\n[profile dev]\n[DEFAULT]\na = 2\n',
    says: /line 5: the same key is on line 2/,
  },
  {
    name: 'block with a line that is no setting',
    before: '[default]\ns3 =\n  max_queue_size = 1\n  [x]\n',
    says: /line 4: it is not a "key = value" line of the block below "s3"/,
  },
  {
    name: 'text beside the header',
    before: '[profile dev] x\n',
    says: /line 1: there is text beside/,
  },
  {
    name: 'setting that only the JavaScript SDK sees',
    before: '[profile dev]\noutput = json\n  role_arn = x\n',
    remove: ['role_arn'],
    says: /line 3: the AWS SDK for JavaScript reads this line/,
  },
  {
    name: 'key that every profile inherits',
    before: '[DEFAULT]\nrole_arn = x\n[profile dev]\n',
    remove: ['role_arn'],
    says: /line 2: "role_arn" in \[DEFAULT\]/,
  },
  {
    name: 'key that a new profile inherits',
    before: '[DEFAULT]\nrole_arn = x\n',
    remove: ['role_arn'],
    says: /line 2: "role_arn" in \[DEFAULT\]/,
  },
  {
    name: 'key that a profile inherits to which nothing is written',
    before: '[profile dev]\n[DEFAULT]\nrole_arn = x\n',
    remove: ['role_arn'],
    values: {},
    says: /line 3: "role_arn" in \[DEFAULT\]/,
  },
  {
    name: 'name that the JavaScript SDK gives the file up for',
    before: '[profile dev]\n[__proto__]\n',
    says: /line 2: .* cannot read a file with the name "__proto__"/,
  },
]
