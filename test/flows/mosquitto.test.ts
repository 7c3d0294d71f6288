// The hub's story on Mosquitto, in MQTT 5.
import { tellHubStory } from './hub-story.ts';
import { openProvince } from './site.ts';

tellHubStory({ protocolVersion: 5, end: 'stop', open: openProvince });
