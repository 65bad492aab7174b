import express from 'express';
import { traceRequests } from './raceway.js';

/** A bank of one route; how it pays is what the tests differ in. */
export function createApp(pool, pay) {
  const app = express();
  app.use(traceRequests);
  app.post('/accounts/:id/payments/:amount', async (request, response) => {
    const { id, amount } = request.params;
    const left = await pay(pool, Number(id), Number(amount));
    response.status(left === null ? 409 : 200).json({ left });
  });
  return app;
}
