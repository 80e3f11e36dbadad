/** An app's bot in a workspace, known by its token. */
export interface Bot {
  token: string;
  name: string;
  userId: string;
  teamId: string;
  team: string;
  /** https://docs.slack.dev/reference/scopes */
  scopes: Set<string>;
  /** The error that its token gets; undefined while it is good. */
  refusal: string | undefined;
}

export interface BotOptions {
  token: string;
  name?: string;
  /** Two tokens of one user: an app that was installed again. */
  userId?: string;
  team?: string;
  scopes?: readonly string[];
}

export interface Channel {
  id: string;
  name: string;
  private: boolean;
  archived: boolean;
  /** User ids. */
  members: Set<string>;
}

export interface ChannelOptions {
  name: string;
  private?: boolean;
  archived?: boolean;
  members?: readonly Bot[];
}

/** A message as the channel has it. */
export interface PostedMessage {
  channel: string;
  /** The channel's name. */
  name: string;
  /** The name of the bot that posted it. */
  bot: string;
  token: string;
  ts: string;
  /** As it came, but cut at 40,000 characters. */
  text: string;
  blocks: { type: string; text?: { text: string }; elements?: { text: string }[] }[];
  /** All arguments of the call. */
  arguments: Readonly<Record<string, string>>;
  /** When it came, in milliseconds of `performance.now()`. */
  at: number;
}

/** What the scopes of a bot are that may do all that the plugin does. */
const SCOPES = ['chat:write', 'channels:read', 'groups:read'];

/** Who and what there is in Slack. */
export class State {
  readonly bots = new Map<string, Bot>();
  readonly channels = new Map<string, Channel>();
  readonly messages: PostedMessage[] = [];
  #count = 0;

  addBot({ token, name = 'drp', userId, team = 'Example', scopes = SCOPES }: BotOptions): Bot {
    const bot: Bot = {
      token,
      name,
      userId: userId ?? this.#id('U'),
      teamId: `T${team.toUpperCase()}`,
      team,
      scopes: new Set(scopes),
      refusal: undefined,
    };
    this.bots.set(token, bot);
    return bot;
  }

  addChannel(options: ChannelOptions): Channel {
    const { name, private: isPrivate = false, archived = false, members = [] } = options;
    const id = this.#id('C');
    const channel = {
      id,
      name,
      private: isPrivate,
      archived,
      members: new Set(members.map(({ userId }) => userId)),
    };
    this.channels.set(id, channel);
    return channel;
  }

  /** By id, or by name with or without `#`: chat.postMessage takes both. */
  channel(text: string): Channel | undefined {
    return (
      this.channels.get(text) ??
      [...this.channels.values()].find(({ name }) => name === text.replace(/^#/, ''))
    );
  }

  /** Like the `ts` of messages: seconds, and what tells those of one second apart. */
  timestamp(): string {
    this.#count += 1;
    return `${Math.floor(Date.now() / 1000)}.${String(this.#count).padStart(6, '0')}`;
  }

  #id(letter: string): string {
    this.#count += 1;
    return `${letter}${String(this.#count).padStart(9, '0')}`;
  }
}
