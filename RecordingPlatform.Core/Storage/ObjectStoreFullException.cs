namespace RecordingPlatform.Core.Storage;

/// <summary>The store has no space or quota left. What was being written has been removed.</summary>
public sealed class ObjectStoreFullException : IOException
{
    public ObjectStoreFullException()
        : base("The object store is full.")
    {
    }

    public ObjectStoreFullException(string message)
        : base(message)
    {
    }

    public ObjectStoreFullException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal static ObjectStoreFullException In(string container, Exception cause) =>
        new($"The object store's container '{container}' is full.", cause);
}
