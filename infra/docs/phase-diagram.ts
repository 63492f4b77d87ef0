/**
 * A flow as a Mermaid state diagram, made from its list of phases, so that what is drawn is what runs. Backwards from a
 * phase goes what undoes it and those before it; past the point of no return nothing does.
 */

type DrawnPhase = { name: string; noReturn?: true; undo?: unknown };

/** @param undone what the flow is called that was undone, e.g. `rolled-back`. @returns the diagram's lines, without a fence. */
export function phaseDiagram(phases: readonly DrawnPhase[], undone: string): string {
  const names = phases.map(({ name }) => name);
  const threshold = phases.findIndex(({ noReturn }) => noReturn === true);
  const isPast = (index: number) => threshold !== -1 && index > threshold;
  const id = undone.replaceAll('-', '_');
  const steps = phases.slice(1).map(({ name }, i) => `  ${names[i]} --> ${name}`);
  const failures = phases.map(({ name }, index) => {
    if (isPast(index)) return `  ${name} --> attention: cannot be done, even after waiting`;
    const back = phases
      .slice(0, index + 1)
      .filter(({ undo }) => undo !== undefined)
      .map((phase) => phase.name)
      .reverse();
    const how = back.length === 0 ? 'nothing was touched' : `undo ${back.join(', ')}`;
    return `  ${name} --> ${id}: ${index === threshold ? 'the guest is known not to have gone; ' : ''}${how}`;
  });
  const unsure =
    threshold === -1 ? [] : [`  ${names[threshold]} --> attention: not known where the guest is`];
  return [
    'stateDiagram-v2',
    `  [*] --> ${names[0]}`,
    ...steps,
    `  ${names.at(-1)} --> done`,
    ...failures,
    ...unsure,
    `  attention --> done: op resume`,
    `  attention --> ${id}: op resume`,
    '  done --> [*]',
    `  ${id} --> [*]`,
  ].join('\n');
}
