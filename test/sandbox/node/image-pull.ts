import type { Container } from '../kinds.ts';
import type { EventDraft } from '../recorder.ts';
import type { Image, ImageStore } from './images.ts';
import { doubling, wait } from './waiting.ts';

/** PullHandlers get what happens while a container waits for its image. */
export interface PullHandlers {
  waiting(reason: string, message: string): void;
  event(draft: EventDraft): void;
}

/** How long the reason ErrImagePull is shown before the back-off's own takes its place, in milliseconds. */
const ERROR_SHOWN = 1000;

function presence(container: Container): EventDraft[] {
  const { image, imagePullPolicy = 'IfNotPresent' } = container;
  const present = `Container image "${image}" already present on machine and can be accessed by the pod`;
  if (imagePullPolicy !== 'Always') return [{ type: 'Normal', reason: 'Pulled', message: present }];
  const pulled = `Successfully pulled image "${image}" in 1ms (1ms including waiting). Image size: 1 bytes.`;
  return [
    { type: 'Normal', reason: 'Pulling', message: `Pulling image "${image}"` },
    { type: 'Normal', reason: 'Pulled', message: pulled },
  ];
}

function absence({ image, imagePullPolicy = 'IfNotPresent' }: Container): {
  reason: string;
  message: string;
  events: EventDraft[];
} {
  if (imagePullPolicy === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    const reason = 'ErrImageNeverPull';
    const failed = { type: 'Warning', reason: 'Failed', message: `Error: ${reason}` } as const;
    return { reason, message, events: [{ type: 'Warning', reason, message }, failed] };
  }
  const why = `failed to pull and unpack image "${image}": failed to resolve image: ${image}: not found`;
  return {
    reason: 'ErrImagePull',
    message: `rpc error: code = NotFound desc = ${why}`,
    events: [
      { type: 'Normal', reason: 'Pulling', message: `Pulling image "${image}"` },
      { type: 'Warning', reason: 'Failed', message: `Failed to pull image "${image}": ${why}` },
      { type: 'Warning', reason: 'Failed', message: 'Error: ErrImagePull' },
    ],
  };
}

/**
 * pull resolves to the image once the node has it, with the events and waiting reasons of a real kubelet; to
 * undefined when the signal ends the waiting.
 */
export async function pull(
  images: ImageStore,
  container: Container,
  backOff: { first: number; cap: number },
  handlers: PullHandlers,
  signal: AbortSignal,
): Promise<Image | undefined> {
  const delay = doubling(backOff.first, backOff.cap);
  while (!signal.aborted) {
    const image = await images.find(container.image);
    if (image !== undefined) {
      for (const event of presence(container)) handlers.event(event);
      return image;
    }
    const { reason, message, events } = absence(container);
    for (const event of events) handlers.event(event);
    handlers.waiting(reason, message);
    const wake = new AbortController();
    const forget = images.changed(() => wake.abort());
    const either = AbortSignal.any([signal, wake.signal]);
    await wait(Math.min(ERROR_SHOWN, backOff.first), either);
    if (reason === 'ErrImagePull' && !either.aborted) {
      const backingOff = `Back-off pulling image "${container.image}"`;
      handlers.event({ type: 'Normal', reason: 'BackOff', message: backingOff });
      handlers.event({ type: 'Warning', reason: 'Failed', message: 'Error: ImagePullBackOff' });
      handlers.waiting('ImagePullBackOff', `${backingOff}: ErrImagePull: ${message}`);
    }
    await wait(delay(), either);
    forget();
  }
  return undefined;
}
