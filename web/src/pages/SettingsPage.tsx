import { useQuery } from '@tanstack/react-query';
import { api, ok } from '../api/client';
import { later } from '../lib/later';
import { t } from '../lib/i18n';
import { Bones, Failure, PageHead } from '../ui/kit';
import { SETTINGS } from './settings';

const SettingsForm = later(async () => (await import('./SettingsForm')).SettingsForm, () => <Bones />);

export function SettingsPage() {
  const settings = useQuery({ queryKey: SETTINGS, queryFn: () => ok(api.GET('/api/v1/settings')) });
  return (
    <div className="page">
      <PageHead title={t('nav.settings')} help={t('settings.help')} />
      <div className="narrow">
        {settings.error && <Failure error={settings.error} retry={() => void settings.refetch()} />}
        {settings.isPending && <Bones />}
        {settings.data && <SettingsForm settings={settings.data} />}
      </div>
    </div>
  );
}
