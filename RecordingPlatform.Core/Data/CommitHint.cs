using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace RecordingPlatform.Core.Data;

/// <summary>
/// Tells listeners of a channel once a transaction has committed. A NOTIFY inside that transaction would hold PostgreSQL's
/// one notification lock while the commit reaches the disk, and so make all such commits wait in line; sent afterwards it
/// has nothing to write. A hint that is lost, or owed by a synchronous save, costs at most one poll.
/// </summary>
internal abstract class CommitHint(string channel) : DbTransactionInterceptor, ISaveChangesInterceptor
{
    static readonly object Marker = new();
    readonly ConditionalWeakTable<DbContext, object> _owing = [];

    /// <summary>This context's next commit is worth a hint.</summary>
    protected void OweBy(DbContext db) => _owing.TryAdd(db, Marker);

    public virtual ValueTask<InterceptionResult<int>> SavingChangesAsync(DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(result);

    public async ValueTask<int> SavedChangesAsync(SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        await SettleAsync(eventData.Context);
        return result;
    }

    public override async Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        if (eventData.Context is { } db && _owing.Remove(db))
            await SendAsync(db);
    }

    public override Task TransactionRolledBackAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        if (eventData.Context is { } db)
            _owing.Remove(db);
        return Task.CompletedTask;
    }

    /// <summary>Sends what is owed, unless a transaction is open: then at its end.</summary>
    protected async Task SettleAsync(DbContext? db)
    {
        if (db is { Database.CurrentTransaction: null } && _owing.Remove(db))
            await SendAsync(db);
    }

    async Task SendAsync(DbContext db)
    {
        try
        {
            // Neither cancelled nor failed: the caller's work is committed, and must not look as if it were not.
            await db.Database.OpenConnectionAsync(CancellationToken.None);
            try
            {
                await using var notify = db.Database.GetDbConnection().CreateCommand();
                notify.CommandText = $"notify {channel}";
                await notify.ExecuteNonQueryAsync(CancellationToken.None);
            }
            finally
            {
                await db.Database.CloseConnectionAsync();
            }
        }
        catch (NpgsqlException)
        {
            // The next use of the connection reports what is wrong with it.
        }
    }
}
