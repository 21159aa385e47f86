import { startGateway } from './support/start-gateway.ts';
const g = await startGateway();
const tools=[{type:'function',function:{name:'get_weather',description:'Get current weather for a location',parameters:{type:'object',properties:{city:{type:'string'}},required:['city']}}}];
for (const withTools of [false,true]) for (const content of ['{"city": "Berlin", "temperature": 21, "condition": "sunny"}','{"city":"Berlin","temperature":21,"condition":"sunny"}']) for (const temperature of [undefined,0]) for (const args of ['{"city":"Berlin"}','{"city": "Berlin"}']) {
 const out=[];
 for (let i=0;i<4;i++){
 const r = await g.call('POST','/v1/chat/completions',{model:'llama-4-scout',...(withTools?{tools}:{}),temperature,max_tokens:200,messages:[{role:'user',content:'Wie ist das Wetter in Berlin?'},{role:'assistant',content:null,tool_calls:[{id:'call_1',type:'function',function:{name:'get_weather',arguments:args}}]},{role:'tool',tool_call_id:'call_1',content}]});
 out.push((await r.json()).choices[0].message.content);}
 console.log(withTools,content.includes(': '),temperature,args,new Set(out));
}
await g.close();
