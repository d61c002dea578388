// Of the tests: what they wait for is fetched and drawn first, and a machine that builds something else takes its time.
import { configure } from '@testing-library/dom';

configure({ asyncUtilTimeout: 15_000 });
