using System.Runtime.Versioning;

namespace RecordingPlatform.Core.Storage;

/// <summary>Turns what the file system throws into what the contract promises: a full store, or an <see cref="IOException"/>.</summary>
[SupportedOSPlatform("linux")]
internal static class DiskFailure
{
    public static T Guard<T>(string container, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception failure) when (Changes(failure))
        {
            throw Changed(failure, container);
        }
    }

    public static void Guard(string container, Action work) => Guard(container, () =>
    {
        work();
        return true;
    });

    public static async Task GuardAsync(string container, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception failure) when (Changes(failure))
        {
            throw Changed(failure, container);
        }
    }

    static bool Changes(Exception failure) =>
        failure is UnauthorizedAccessException || failure is IOException io && Posix.IsFull(io);

    static IOException Changed(Exception failure, string container) => failure is IOException
        ? ObjectStoreFullException.In(container, failure)
        : new IOException($"The object store's container '{container}' denies access.", failure);
}
