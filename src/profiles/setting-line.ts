import { strip } from './ini-lines.ts'

/**
 * A setting's line with a new value. What stands before the value stays, unless the JavaScript SDK
 * would not read it: that knows neither ":" nor keys in upper case.
 */
export function settingLine(old: string, key: string, value: string, indent: string): string {
  const [start = '', name, oldValue = ''] =
    /^[ \t]*([a-z0-9_]+)[ \t]*=[ \t]*(?=(.*))/.exec(old) ?? []
  const keeps = name === key && strip(oldValue) !== ''
  return (keeps ? start : `${indent}${key} = `) + value
}
