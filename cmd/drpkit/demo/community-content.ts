/**
 * A substitute for drp-community-content, which some providers require: it has the stages that their workflows name,
 * without function. Operators install the real pack.
 */
export const COMMUNITY_CONTENT = {
  meta: {
    Name: 'drp-community-content',
    Version: 'v4.8.0',
    Type: 'static',
    Description:
      'Stand-in for drp-community-content: the stages discover and sledgehammer-wait, which do nothing',
  },
  sections: {
    stages: { discover: { Name: 'discover' }, 'sledgehammer-wait': { Name: 'sledgehammer-wait' } },
  },
};
