// The pages, made with the official hooks. The URL says which one, what to follow and as whom.
import {
  TriggerAuthContext,
  useRealtimeBatch,
  useRealtimeRun,
  useRealtimeRunsWithTag,
  useRealtimeRunWithStreams,
} from "@trigger.dev/react-hooks";
import { createRoot } from "react-dom/client";

const query = new URLSearchParams(location.search);
const target = query.get("target")!;

function Run() {
  const { run } = useRealtimeRun(target);
  return (
    <main>
      <p>{run?.id}</p>
      <p>{run?.status}</p>
      <p id="mark">{run?.metadata?.mark as string}</p>
      <p>{run?.payload?.text}</p>
    </main>
  );
}

function Runs() {
  const { runs } = useRealtimeRunsWithTag(target);
  return (
    <table>
      <tbody>
        {runs.map((run) => (
          <tr key={run.id}>
            <td>{run.id}</td>
            <td>{run.status}</td>
            <td>{run.metadata?.mark as string}</td>
            <td>{run.payload?.text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Batch() {
  const { runs } = useRealtimeBatch(target);
  const completed = runs.filter((run) => run.isSuccess).length;
  return (
    <main>
      <p id="count">
        {`${completed} of ${runs.length} have succeeded`}
      </p>
    </main>
  );
}

function Stream() {
  const { streams } = useRealtimeRunWithStreams<any, { answer: string }>(target, {
    throttleInMs: 50,
  });
  return (
    <main>
      <p id="text">{streams.answer?.join("")}</p>
    </main>
  );
}

const Page = { run: Run, runs: Runs, batch: Batch, stream: Stream }[query.get("page")!]!;
const auth = { accessToken: query.get("token")!, baseURL: query.get("server")! };

createRoot(document.getElementById("root")!).render(
  <TriggerAuthContext.Provider value={auth}>
    <Page />
  </TriggerAuthContext.Provider>,
);
