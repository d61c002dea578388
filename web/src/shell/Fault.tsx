import { TriangleAlert } from 'lucide-react';
import { Component, type ReactNode } from 'react';
import { t } from '../lib/i18n';
import { Empty } from '../ui/kit';

/** A page that fails takes nothing else down with it, and says so. */
export class Fault extends Component<{ children: ReactNode; at: string }, { failed: boolean }> {
  override state = { failed: false };
  static getDerivedStateFromError() {
    return { failed: true };
  }
  override componentDidUpdate(before: { at: string }) {
    if (before.at !== this.props.at && this.state.failed) this.setState({ failed: false });
  }
  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="page">
        <Empty whole icon={TriangleAlert} title={t('error.load')} action={<button type="button" className="button" onClick={() => location.reload()}>{t('error.reload')}</button>}>{t('error.page')}</Empty>
      </div>
    );
  }
}
