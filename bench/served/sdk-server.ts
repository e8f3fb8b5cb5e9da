/**
 * The official SDK's own server, as its documentation builds it, in a process of its own:
 *
 * 1. `node sdk-server.ts memory`: it keeps its tasks in memory.
 * 2. `node sdk-server.ts DIRECTORY`: its task store on SQLite, with full fsync.
 * 3. `node sdk-server.ts memory DIRECTORY`: it keeps them in memory, and writes a page with fsync before a task
 *    begins and another before it is over. That is what a disk costs anyone who keeps a task before working on it,
 *    and its result before telling it; no server that does can be faster.
 *
 * It prints its address as a line of text.
 */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";

import { type AgentCard, TaskState } from "@a2a-js/sdk";
import { AgentEvent, type AgentExecutor, DefaultRequestHandler, InMemoryTaskStore, type TaskStore } from "@a2a-js/sdk/server";
import { DatabaseTaskStore } from "@a2a-js/sdk/server/database";
import { jsonRpcHandler, UserBuilder } from "@a2a-js/sdk/server/express";
import express from "express";
import { Kysely, SqliteDialect } from "kysely";

import { answerMemoryQuestions } from "./memory.ts";
import { openSyncedWrites } from "./synced-writes.ts";

const [where = "memory", writesIn] = process.argv.slice(2);
const write = writesIn === undefined ? () => undefined : openSyncedWrites(join(writesIn, "synced-writes"));

/** A task that completes at once with what it was given; a message that says `wait` leaves it working. */
const executor: AgentExecutor = {
  async execute({ taskId, contextId, userMessage }, bus) {
    write();
    const status = { state: TaskState.TASK_STATE_WORKING, message: undefined, timestamp: new Date().toISOString() };
    bus.publish(AgentEvent.task({ id: taskId, contextId, status, artifacts: [], history: [userMessage], metadata: undefined }));
    if (userMessage.metadata?.["wait"] === true) return new Promise(() => undefined);
    const { parts } = userMessage;
    const artifact = { artifactId: "reply", name: "", description: "", parts, metadata: undefined, extensions: [] };
    bus.publish(AgentEvent.artifactUpdate({ taskId, contextId, artifact, append: false, lastChunk: true, metadata: undefined }));
    write();
    const done = { state: TaskState.TASK_STATE_COMPLETED, message: undefined, timestamp: new Date().toISOString() };
    bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status: done, metadata: undefined }));
    return bus.finished();
  },
  async cancelTask() {
    // Nothing in this benchmark is canceled.
  },
};

const card: AgentCard = {
  name: "echo",
  description: "Gives back what it gets.",
  supportedInterfaces: [{ url: "http://127.0.0.1/", protocolBinding: "JSONRPC", tenant: "", protocolVersion: "1.0" }],
  provider: undefined,
  version: "1.0.0",
  capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false, extensions: [] },
  securitySchemes: {},
  securityRequirements: [],
  defaultInputModes: ["application/json"],
  defaultOutputModes: ["application/json"],
  skills: [],
  signatures: [],
};

function openStore(place: string): TaskStore {
  if (place === "memory") return new InMemoryTaskStore();
  const database = new DatabaseSync(join(place, "sdk.db"));
  database.exec("pragma journal_mode = wal; pragma synchronous = full");
  // As the SDK's own migrations make it.
  database.exec(`create table tasks (
    tenant varchar(255) not null, owner varchar(255) not null, id varchar(36) not null, context_id varchar(36) not null,
    status_last_updated bigint not null, status_state varchar(255), status text, artifacts text, history text, metadata text,
    protocol_version varchar(255), constraint tasks_pkey primary key (tenant, owner, id));
    create index tasks_scope_updated_idx on tasks (tenant, owner, status_last_updated, id);
    create index tasks_scope_context_updated_idx on tasks (tenant, owner, context_id, status_last_updated, id)`);
  return new DatabaseTaskStore(new Kysely({ dialect: new SqliteDialect({ database: asDriver(database) }) }));
}

/** Kysely's driver expects another SQLite package; each statement is prepared once, which that one's users seldom get. */
function asDriver(database: DatabaseSync) {
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string) => {
    const statement = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, statement);
    const isReader = /^\s*select/i.test(sql) || / returning /i.test(sql);
    return {
      reader: isReader,
      all: (values: readonly unknown[]) => statement.all(...(values as string[])),
      run: (values: readonly unknown[]) => statement.run(...(values as string[])),
      iterate: (values: readonly unknown[]) => statement.iterate(...(values as string[])),
    };
  };
  return { prepare, close: () => database.close() };
}

const app = express();
app.use(
  jsonRpcHandler({
    requestHandler: new DefaultRequestHandler(card, openStore(where), executor),
    userBuilder: UserBuilder.noAuthentication,
  }),
);
const server: Server = app.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`);
});
answerMemoryQuestions();
