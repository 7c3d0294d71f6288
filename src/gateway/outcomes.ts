// Outcomes of commands that were not done, in the words of the contract.
import type { z } from 'zod';
import type { BongsuError } from '#base';
import type { Command, Outcome, StreamOffer } from '#model';

/** Nothing was done. `offer`: what would be, if it were asked for instead. */
export function refuse(command: Command, reason: string, message: string, offer?: StreamOffer): Outcome {
  return { id: command.id, result: 'refused', reason, message, ...(offer && { offer }) };
}

/** Details of a fault may name addresses of the site: the hub gets the code and what it means. */
export function failed(command: Command, fault: BongsuError): Outcome {
  return { id: command.id, result: 'failed', reason: fault.code, message: fault.summary.en };
}

/** The body lacks something: its first three problems, by field. */
export function refuseBody(command: Command, error: z.ZodError): Outcome {
  const problems = error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
    .join('; ')
    .slice(0, 300);
  return refuse(command, 'command.body-wrong', problems);
}
