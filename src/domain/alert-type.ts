/** Who takes alerts, by the form that a message for them has. */
export const alertTypes = ['webhook', 'slack', 'mattermost', 'alertmanager', 'github'] as const;
/** One of {@link alertTypes}. */
export type AlertType = (typeof alertTypes)[number];
