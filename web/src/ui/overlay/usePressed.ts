import { useEffect, useRef } from 'react';

/** A button that takes the place of one that has been pressed: the press is its own, and so is the focus. */
export function usePressed() {
  const button = useRef<HTMLButtonElement>(null);
  const pressed = useRef(false);
  useEffect(() => {
    if (pressed.current) return;
    pressed.current = true;
    button.current?.focus();
    button.current?.click();
  }, []);
  return button;
}
