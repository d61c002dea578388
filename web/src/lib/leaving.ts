// Forms in which something stands that is not saved. Whoever would take the page away from under them asks here first: a
// link, the palette, the browser's Back, a tab that closes.
type Ask = (go: () => void) => void;

let forms: Ask[] = [];
/** The address at which the newest of them began: it stays as long as they do. */
let place = '';

const shown = () => location.pathname + location.search;

/** For as long as a form has something to lose. What is returned lets it go. */
export function guard(ask: Ask): () => void {
  place = shown();
  if (forms.length === 0) watch();
  forms.push(ask);
  return () => {
    forms = forms.filter((form) => form !== ask);
    if (forms.length === 0) rest();
  };
}

/** Goes once no form has anything to lose: the newest is asked first, and its answer may be no. */
export function leaving(go: () => void) {
  const ask = forms.at(-1);
  if (ask) ask(() => leaving(go));
  else go();
}

/** What was typed is lost with the session it was typed in; nobody is there to be asked. */
export function forgetForms() {
  forms = [];
  rest();
}

type Navigate<Options> = (to: string, options?: Options) => void;

/** Around every navigation within the house (wouter's `aroundNav`). */
export function aroundNavigation<Options>(navigate: Navigate<Options>, to: string, options?: Options) {
  const go = () => navigate(to, options);
  if (to === shown()) go();
  else leaving(go);
}

/** Back and Forward have happened when they are told: the page's address is set again, and they are repeated if one may. */
function onHistory(event: PopStateEvent) {
  if (shown() === place) return;  // A jump within the page.
  event.stopImmediatePropagation();
  history.pushState(null, '', place);
  leaving(() => history.back());
}

const onUnload = (event: BeforeUnloadEvent) => event.preventDefault();

function watch() {
  addEventListener('popstate', onHistory, true);
  addEventListener('beforeunload', onUnload);
}

function rest() {
  removeEventListener('popstate', onHistory, true);
  removeEventListener('beforeunload', onUnload);
}
