// A notification message as cameras write it.
/** A notification message. */
export function message(
  topic: string,
  operation: string,
  source: Record<string, string>,
  data: Record<string, string>,
  utcTime?: string,
): string {
  const items = (group: string, values: Record<string, string>): string =>
    `<tt:${group}>${Object.entries(values)
      .map(([name, value]) => `<tt:SimpleItem Name="${name}" Value="${value}"/>`)
      .join('')}</tt:${group}>`;
  const time = utcTime ?? new Date().toISOString();
  const property = operation === '' ? '' : ` PropertyOperation="${operation}"`;
  return `<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">${topic}</wsnt:Topic><wsnt:Message><tt:Message UtcTime="${time}"${property}>${items('Source', source)}${items('Data', data)}</tt:Message></wsnt:Message></wsnt:NotificationMessage>`;
}
