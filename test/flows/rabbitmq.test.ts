// The hub's story on RabbitMQ with its MQTT plugin, which speaks 3.1.1 alone and keeps topics as routing keys of AMQP.
import { openRabbitmq } from '../peers/rabbitmq.ts';
import { tellHubStory } from './hub-story.ts';
import { openProvinceOn } from './site.ts';

tellHubStory({ protocolVersion: 4, end: 'kill', open: () => openProvinceOn(openRabbitmq, { protocolVersion: 4 }) });
