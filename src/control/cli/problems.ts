// Problems of a configuration as lines.
import type { CheckProblem, VerbContext } from './context.ts';

/** A heading and one line for each problem. */
export function problemLines(problems: readonly CheckProblem[], { say, language }: VerbContext): readonly string[] {
  const lines = problems.map(({ file, line, key, message }) => {
    const text = key === undefined ? message[language] : `${key}: ${message[language]}`;
    return line === undefined ? say('check.fileProblem', { file, text }) : say('check.problem', { file, line, text });
  });
  return [say('check.bad', { n: problems.length }), ...lines];
}
