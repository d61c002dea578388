// Of the tests, before each file: what they wait for is fetched and drawn first, and a machine that builds something else
// takes its time; and jsdom, which lays nothing out, has neither of these.
import { configure } from '@testing-library/dom';

configure({ asyncUtilTimeout: 15_000 });
globalThis.ResizeObserver ??= class { observe() {} unobserve() {} disconnect() {} };
Element.prototype.scrollTo = () => {};
