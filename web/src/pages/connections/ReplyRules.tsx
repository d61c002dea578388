// What a provider's replies mean, where Postroom doesn't know it: its profile, and the operator's own rules before that.
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react';
import { useFieldArray, type UseFormReturn } from 'react-hook-form';
import { t, word } from '../../lib/i18n';
import { Fold, SelectField, TextField } from '../../ui/form';
import { Wrong } from '../../ui/kit';
import { blankRule, PROFILES, REPLY_SCOPES, STAGES, type FormValues } from './settings';

const MOST = 50;

export function ReplyRulesPart({ form }: { form: UseFormReturn<FormValues> }) {
  const rules = useFieldArray({ control: form.control, name: 'reply_rules' });
  const { errors: { reply_rules: errors, profile }, submitCount } = form.formState;
  return (
    <Fold title={t('reply_rules.title')} wrong={!!(errors ?? profile)} tries={submitCount}>
      <div className="stack">
        <SelectField label={t('connections.profile')} hint={t('reply_rules.profile_help')} error={profile?.message} options={PROFILES.map((value) => ({ value, label: word('profile_name', value) }))} {...form.register('profile')} />
        <p className="hint">{t('reply_rules.help')}</p>
        {errors?.message && <Wrong>{errors.message}</Wrong>}
        <ol className="stack">
          {rules.fields.map((rule, at) => {
            const wrong = errors?.[at];
            const n = at + 1;
            return (
              <li key={rule.id} className="rule" aria-label={t('rules.rule', { n })}>
                <div className="line">
                  <b className="strong grow">{t('rules.rule', { n })}</b>
                  <button type="button" className="button plain square little" aria-label={t('rules.up', { n })} disabled={at === 0} onClick={() => rules.move(at, at - 1)}><ArrowUp aria-hidden /></button>
                  <button type="button" className="button plain square little" aria-label={t('rules.down', { n })} disabled={n === rules.fields.length} onClick={() => rules.move(at, at + 1)}><ArrowDown aria-hidden /></button>
                  <button type="button" className="button plain square little danger" aria-label={t('rules.remove', { n })} onClick={() => rules.remove(at)}><Trash2 aria-hidden /></button>
                </div>
                {wrong?.message && <Wrong>{wrong.message}</Wrong>}
                <TextField label={t('reply_rules.name')} hint={t('reply_rules.name_hint')} error={wrong?.name?.message} {...form.register(`reply_rules.${at}.name`)} />
                <div className="two">
                  <SelectField label={t('reply_rules.stage')} options={STAGES.map((value) => ({ value, label: word('stage', value) }))} {...form.register(`reply_rules.${at}.stage`)} />
                  <TextField label={t('reply_rules.text')} hint={t('reply_rules.text_hint')} error={wrong?.text?.message} {...form.register(`reply_rules.${at}.text`)} />
                </div>
                <div className="two">
                  <TextField label={t('reply_rules.code')} placeholder="5xx" error={wrong?.code?.message} {...form.register(`reply_rules.${at}.code`)} />
                  <TextField label={t('reply_rules.enhanced')} placeholder="5.7.*" error={wrong?.enhanced?.message} {...form.register(`reply_rules.${at}.enhanced`)} />
                </div>
                <div className="two">
                  <SelectField label={t('reply_rules.scope')} hint={t(`scope_help.${form.watch(`reply_rules.${at}.scope`)}`)} options={REPLY_SCOPES.map((value) => ({ value, label: word('class', value) }))} {...form.register(`reply_rules.${at}.scope`)} />
                  <SelectField label={t('reply_rules.permanence')} options={(['transient', 'permanent'] as const).map((value) => ({ value, label: word('permanence', value) }))} {...form.register(`reply_rules.${at}.permanence`)} />
                </div>
                <TextField label={t('reply_rules.wait')} hint={t('reply_rules.wait_hint')} inputMode="numeric" error={wrong?.wait?.message} {...form.register(`reply_rules.${at}.wait`)} />
              </li>
            );
          })}
        </ol>
        <button type="button" className="button start" disabled={rules.fields.length >= MOST} onClick={() => rules.append(blankRule())}><Plus aria-hidden />{t('rules.add')}</button>
      </div>
    </Fold>
  );
}
