using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Npgsql;
using RecordingPlatform.Core.Objects;

namespace RecordingPlatform.Core.Keys;

/// <summary>A wrap under an owner's key, and which generation it was.</summary>
internal sealed record OwnerWrap(Guid OwnerKeyId, byte[] Wrapped);

/// <summary>
/// The generations of an owner's key. Takes the newest that this process can unwrap; starts the next generation when it can unwrap none.
/// Two replicas that start the same generation both succeed: the one that comes second takes what the first one made, or starts the next.
/// </summary>
internal sealed partial class OwnerKeyring(KeyTables tables, KekKeyring keyring, ILogger logger)
{
    // Each lost race is another replica's success; as many as this mean that the connection does not see what was started.
    const int Attempts = 32;

    /// <summary>Wraps <paramref name="secret"/> for the place it gets below the owner's key.</summary>
    /// <exception cref="KeyDestroyedException">The owner is no subject and was shredded: nothing new is sealed for it.</exception>
    /// <exception cref="KekDeniedException">The KEK denies.</exception>
    public async Task<OwnerWrap> WrapAsync(NpgsqlConnection connection, KeyOwner owner, Func<Guid, WrapPlace> place, ReadOnlyMemory<byte> secret, CancellationToken ct)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var all = await KeyTables.GenerationsAsync(connection, owner, ct);
            var alive = all.Where(g => g.Wrapped is not null).ToList();
            if (alive.Count == 0 && all.Count > 0 && owner.Kind is not OwnerKind.Subject)
                throw new KeyDestroyedException("owner key", all[0].Id);
            if (await TryWrapAsync(alive, owner, place, secret, ct) is { } wrap)
                return wrap;
            await StartAsync(owner, all.Count == 0 ? 1 : all[0].Number + 1, ct);
        }
        throw new InvalidOperationException($"{Attempts} generations of the key of {owner.Kind} {owner.Id} were started and none is seen: wrap in a transaction that reads what is committed.");
    }

    /// <summary>Opens what hangs on an owner's key: <paramref name="use"/> gets that key, which is overwritten afterwards.</summary>
    /// <exception cref="KeyUnavailableException">The master key above is not held, and the KEK is away or denies.</exception>
    public Task<byte[]> UseAsync(KeyOwner owner, Generation generation, Func<ReadOnlySpan<byte>, byte[]> use, CancellationToken ct) =>
        keyring.UseMasterAsync(generation.MasterKeyId, Through(owner, generation, use), ct);

    async Task<OwnerWrap?> TryWrapAsync(List<Generation> alive, KeyOwner owner, Func<Guid, WrapPlace> place, ReadOnlyMemory<byte> secret, CancellationToken ct)
    {
        try
        {
            if (WrapHeld(alive, UnwrappedKeys.Fresh) is { } held)
                return held;
            if (alive is not [var newest, ..])
                return null;
            return new OwnerWrap(newest.Id, await UseAsync(owner, newest, Wrap(newest), ct));
        }
        catch (KekOutageException)
        {
            return WrapHeld(alive, UnwrappedKeys.Stale);
        }
        catch (KekDeniedException e)
        {
            if (!await keyring.IsOfOlderAsync(e, ct))
                throw;
            return null;
        }
        catch (KeyTamperedException e)
        {
            // The alarm is for an operator; the recording is not to be lost over it.
            Log.PassedOver(logger, e, owner.Kind, owner.Id);
            return null;
        }

        OwnerWrap? WrapHeld(List<Generation> generations, TimeSpan atMost)
        {
            foreach (var generation in generations)
            {
                if (keyring.TryUseMaster(generation.MasterKeyId, atMost, Through(owner, generation, Wrap(generation))) is { } wrapped)
                    return new OwnerWrap(generation.Id, wrapped);
            }
            return null;
        }

        Func<ReadOnlySpan<byte>, byte[]> Wrap(Generation generation) => key => KeyWrap.Seal(key, place(generation.Id), secret.Span);
    }

    static Func<ReadOnlySpan<byte>, byte[]> Through(KeyOwner owner, Generation generation, Func<ReadOnlySpan<byte>, byte[]> use) => masterKey =>
    {
        var key = KeyWrap.Open(masterKey, WrapPlace.OwnerKey(generation.Id, generation.MasterKeyId, owner), generation.Wrapped);
        try
        {
            return use(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    };

    async Task StartAsync(KeyOwner owner, int number, CancellationToken ct)
    {
        var id = Guid.CreateVersion7();
        var made = await keyring.UseNewestMasterAsync((masterKey, bytes) => WrapFresh(bytes, WrapPlace.OwnerKey(id, masterKey.Id, owner)), ct);
        if (!await tables.InsertGenerationAsync(owner, new Generation(id, number, made.By.Id, made.Bytes), ct))
            Log.SecondToStart(logger, owner.Kind, owner.Id, number);
    }

    static byte[] WrapFresh(ReadOnlySpan<byte> masterKey, WrapPlace place)
    {
        var key = SecretBytes.Random(KeyWrap.KeyLength);
        try
        {
            return KeyWrap.Seal(masterKey, place, key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    static partial class Log
    {
        [LoggerMessage(20, LogLevel.Error, "A key of {Kind} {Owner} does not open: its next generation takes its place.")]
        public static partial void PassedOver(ILogger logger, Exception exception, OwnerKind kind, Guid owner);

        [LoggerMessage(21, LogLevel.Debug, "Another replica was first to start generation {Number} of {Kind} {Owner}.")]
        public static partial void SecondToStart(ILogger logger, OwnerKind kind, Guid owner, int number);
    }
}
