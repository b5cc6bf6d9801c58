import { expect } from 'chai';
import { fieldsOf, parsedJson } from '../../src/shared/outside-json.ts';

describe('JSON of others', () => {
  for (const text of ['', '{', '<html>', "{'a':1}", 'undefined']) {
    it(`is undefined where it is none: ${text}`, () => expect(parsedJson(text)).to.equal(undefined));
  }
  for (const text of ['null', '[]', '"text"', '1', 'true']) {
    it(`has no fields where it is no object: ${text}`, () => {
      expect(fieldsOf(parsedJson(text))).to.equal(undefined);
    });
  }

  it('has its own fields, and harms no prototype', () => {
    const fields = fieldsOf(parsedJson('{"a":1,"__proto__":{"polluted":true}}'));
    expect(fields?.['a']).to.equal(1);
    expect(Reflect.get({}, 'polluted')).to.equal(undefined);
  });
});
