import { expect } from 'chai';
import { repositoryFiles } from './rules/source-files.ts';

/** A command of ours in a text for people, as it is not called in a checkout. */
const BARE = /["“:] ?postern (?:[a-z]+-[a-z]+|users|tokens|settings|queue|devices|certs|backup|restore)\b/;
const COMMENT = /^\s*(?:\/?\*|\/\/)/;

describe('commands in texts', () => {
  it('are named as they can be typed here, by ownCommand', () => {
    const files = repositoryFiles().filter(({ path }) => /^src\/(?!ui\/).*\.ts$/.test(path));
    expect(files.length).to.be.above(100);
    const found = files.flatMap(({ path, text }) =>
      text
        .split('\n')
        .filter((line) => !COMMENT.test(line) && BARE.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    );
    expect(found).to.deep.equal([]);
  });
});
