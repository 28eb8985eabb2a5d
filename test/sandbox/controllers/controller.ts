/** Controller is one of the sandbox's controllers: it works from its construction on. */
export interface Controller {
  /** stop ends its watches and resolves when nothing of it is under way. */
  stop(): Promise<void>;
}

/** ControllerLog writes one line of a controller's log. */
export type ControllerLog = (message: string, fields: Record<string, unknown>) => void;
