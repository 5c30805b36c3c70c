using System.Collections.Concurrent;
using System.Diagnostics;

namespace RecordingPlatform.Worker.Children;

/// <summary>
/// Starts every child process from one thread that lives as long as the worker. The kernel sends a child its parent-death
/// signal when the <em>thread</em> that forked it ends: from the thread pool that would kill children at random, from here
/// it fires exactly when the worker is gone, <c>kill -9</c> included.
/// </summary>
static class SpawningThread
{
    static readonly BlockingCollection<Action> s_starts = StartThread();

    /// <exception cref="System.ComponentModel.Win32Exception">The program does not exist or may not be run.</exception>
    public static Task<Process> StartAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        s_starts.Add(() =>
        {
            var process = new Process { StartInfo = start };
            try
            {
                process.Start();
                started.SetResult(process);
            }
            catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException or IOException)
            {
                process.Dispose();
                started.SetException(e);
            }
        });
        return started.Task;
    }

    static BlockingCollection<Action> StartThread()
    {
        var starts = new BlockingCollection<Action>();
        new Thread(() =>
        {
            foreach (var start in starts.GetConsumingEnumerable())
                start();
        })
        { IsBackground = true, Name = "spawn" }.Start();
        return starts;
    }
}
