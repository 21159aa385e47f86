import { useChat } from '@ai-sdk/react';
import { createGateway } from '@duplex/client';
import { ChatTransport } from '@duplex/client/ai-sdk';

const { VITE_GATEWAY: baseUrl, VITE_GATEWAY_KEY: apiKey } = import.meta.env;
const gateway = createGateway({ baseUrl, apiKey });
const transport = new ChatTransport({ gateway, model: 'llama-4-scout' });
const id = 'my-chat';
const messages = await transport.loadMessages(id);

export const useMyChat = () => useChat({ id, messages, transport, resume: true });
