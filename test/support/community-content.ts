/** The stages of drp-community-content that workflows of our packs name, as a pack that fulfils their Prerequisites. */
export const COMMUNITY_CONTENT = {
  meta: { Name: 'drp-community-content', Version: 'v4.8.0', Type: 'static' },
  sections: {
    stages: { discover: { Name: 'discover' }, 'sledgehammer-wait': { Name: 'sledgehammer-wait' } },
  },
};
