// Problems of a configuration as lines.
import type { CheckProblem, VerbContext } from './context.ts';

/** A heading and one line for each problem. */
export function problemLines(problems: readonly CheckProblem[], { say, language }: VerbContext): readonly string[] {
  return [say('check.bad', { n: problems.length }), ...problems.map((problem) => lineOf(problem, { say, language }))];
}

/** One line for each thing that should be changed, and no heading. */
export function warningLines(warnings: readonly CheckProblem[], { say, language }: VerbContext): readonly string[] {
  return warnings.map((warning) => say('check.warning', { text: lineOf(warning, { say, language }) }));
}

function lineOf({ file, line, key, message }: CheckProblem, { say, language }: Pick<VerbContext, 'say' | 'language'>): string {
  const text = key === undefined ? message[language] : `${key}: ${message[language]}`;
  return line === undefined ? say('check.fileProblem', { file, text }) : say('check.problem', { file, line, text });
}
