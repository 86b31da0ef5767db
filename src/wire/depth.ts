/**
 * How deep lists and dictionaries may nest in a message. A deeper one is refused where it is sent (`TypeError`) and a
 * protocol violation where it arrives.
 */
export const MAX_DEPTH = 128;
