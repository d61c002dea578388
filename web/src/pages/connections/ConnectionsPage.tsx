export function ConnectionsPage() { return <div className="page"><h1>ConnectionsPage</h1></div>; }
