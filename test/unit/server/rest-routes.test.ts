import { describe, expect, it } from "vitest";

import { matchRoute } from "../../../src/server/http/rest-routes.ts";

describe("a method and a path", () => {
  it.each([
    ["GET", "/tasks/a:b", "GetTask", { id: "a:b" }],
    ["GET", "/tasks/a:cancel", "GetTask", { id: "a:cancel" }],
    ["POST", "/tasks/a:b:cancel", "CancelTask", { id: "a:b" }],
    ["POST", "/tasks/a%3Acancel:cancel", "CancelTask", { id: "a:cancel" }],
    ["GET", "/tasks/tasks", "GetTask", { id: "tasks" }],
    ["GET", "/acme/tasks", "ListTasks", { tenant: "acme" }],
    ["GET", "/a%20b/tasks/x", "GetTask", { tenant: "a b", id: "x" }],
    ["GET", "/tasks/%E0%A4%A", "GetTask", { id: "%E0%A4%A" }],
    ["GET", "/tasks/a/pushNotificationConfigs/b%2Fc", "GetTaskPushNotificationConfig", { taskId: "a", id: "b/c" }],
    ["GET", "/tasks/pushNotificationConfigs", "GetTask", { id: "pushNotificationConfigs" }],
  ])("%s %s is %s", (method, path, operation, params) => {
    expect(matchRoute(method, path)).toEqual({ operation, params });
  });

  it.each([
    ["GET", ""],
    ["GET", "/tasks/"],
    ["POST", "/tasks/:cancel"],
    ["POST", "/tasks/a:fly"],
    ["GET", "/tasks/a/pushNotificationConfigs/"],
    ["PUT", "/tasks/a/pushNotificationConfigs/b"],
    ["POST", "//message:send"],
    ["GET", "/a/b/tasks"],
  ])("%s %s is nothing", (method, path) => {
    expect(matchRoute(method, path)).toBeNull();
  });
});
