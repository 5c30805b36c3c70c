namespace RecordingPlatform.Core.Keys;

/// <summary>The key exists but cannot be unwrapped now. Nothing is lost: come back after <see cref="RetryAfter"/>.</summary>
public class KeyUnavailableException : Exception
{
    protected KeyUnavailableException(string message, TimeSpan retryAfter, Exception? inner) : base(message, inner) => RetryAfter = retryAfter;

    public TimeSpan RetryAfter { get; }
}

/// <summary>The KEK did not answer: time-out, throttled, its fault, or no connection. What is held in memory stays usable.</summary>
public sealed class KekOutageException(string versionId, string why, TimeSpan retryAfter, Exception? inner = null)
    : KeyUnavailableException($"KEK version {versionId} does not answer ({why}); again in {retryAfter.TotalSeconds:0.#} s.", retryAfter, inner)
{
    public string VersionId => versionId;
    public string Why => why;
}

/// <summary>The KEK refuses: no right to use it, disabled, or gone. What it had unwrapped has been dropped.</summary>
public sealed class KekDeniedException(string versionId, string why, TimeSpan retryAfter, Exception? inner = null)
    : KeyUnavailableException($"KEK version {versionId} is denied ({why}); again in {retryAfter.TotalSeconds:0.#} s.", retryAfter, inner)
{
    public string VersionId => versionId;
    public string Why => why;
}

/// <summary>The KEK was denied while an object was being read with a key that it had unwrapped: the reading ends there.</summary>
public sealed class KeyRevokedException(Guid dataKeyId)
    : KeyUnavailableException($"The KEK above data key {dataKeyId} was denied while an object was read.", TimeSpan.FromSeconds(30), inner: null)
{
    public Guid DataKeyId => dataKeyId;
}

/// <summary>The key was shredded: what it sealed can never be read again.</summary>
public sealed class KeyDestroyedException(string what, Guid id) : Exception($"The {what} {id} is destroyed.")
{
    public Guid KeyId => id;
}

/// <summary>A wrap does not open: it was changed, or its row was copied, moved or given another parent.</summary>
public sealed class KeyTamperedException(string table, Guid id, string why, Exception? inner = null)
    : Exception($"The wrap in {table} {id} does not open: {why}.", inner)
{
    public string Table => table;
    public Guid KeyId => id;
}

/// <summary>The embedded KEK's file is missing, open to others, or not what it should be. The message names the file and the remedy.</summary>
public sealed class LocalKekException(LocalKekFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public LocalKekFault Fault => fault;
}

public enum LocalKekFault { Missing, LoosePermissions, Unreadable, Malformed, Exists, Passphrase }

/// <summary>The database holds no KEK, master or service key yet: <c>worker migrate</c> makes them.</summary>
public sealed class KeysNotSetUpException(string what) : Exception($"The database holds no {what}: run `worker migrate` first.");
