/** Text out of any code points, lone surrogates and control characters included. fast-check's own `binary` strings cost seconds to set up. */
import * as fc from 'fast-check';

export function anyText(maxLength: number): fc.Arbitrary<string> {
  const character = fc.oneof(fc.integer({ min: 0, max: 0x17f }), fc.integer({ min: 0, max: 0x10_ffff }));
  return fc.array(character, { maxLength }).map((codes) => String.fromCodePoint(...codes));
}
