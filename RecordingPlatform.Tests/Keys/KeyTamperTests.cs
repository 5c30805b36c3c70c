using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Keys;

public sealed class KeyTamperTests(PostgresCluster cluster)
{
    // Each changes rows as someone could who may write to the database, so that A's object would open with what is B's.
    [Theory]
    [InlineData("a data key's wrap copied from another", "update data_keys set wrapped = (select wrapped from data_keys where id = '{B}') where id = '{A}'")]
    [InlineData("a data key moved below another owner key", "update data_keys set owner_key_id = '{BKey}' where id = '{A}'")]
    [InlineData("a data key of another object", "update data_keys set object_id = gen_random_uuid() where id = '{A}'")]
    [InlineData("an owner key's wrap copied from another", "update owner_keys set wrapped = (select wrapped from owner_keys where id = '{BKey}') where id = '{AKey}'")]
    [InlineData("wrap and parent copied together", "update data_keys set owner_key_id = '{BKey}', wrapped = (select wrapped from data_keys where id = '{B}') where id = '{A}'")]
    [InlineData("an owner key given to another owner", "update owner_keys set owner_id = gen_random_uuid() where id = '{AKey}'")]
    [InlineData("an owner key given to another kind of owner", "update owner_keys set owner_kind = 'export' where id = '{AKey}'")]
    [InlineData("an owner key moved below another master key", "update owner_keys set master_key_id = (select id from master_keys where id <> master_key_id order by created_at desc limit 1) where id = '{AKey}'")]
    [InlineData("a master key's wrap copied from another", "update master_keys set wrapped = (select wrapped from master_keys order by created_at desc limit 1)")]
    [InlineData("a bit changed in a data key", "update data_keys set wrapped = set_byte(wrapped, 30, get_byte(wrapped, 30) # 1) where id = '{A}'")]
    [InlineData("a bit changed in a master key", "update master_keys set wrapped = set_byte(wrapped, 30, get_byte(wrapped, 30) # 1)")]
    [InlineData("a wrap cut short", "update data_keys set wrapped = substr(wrapped, 1, 20) where id = '{A}'")]
    public async Task A_changed_row_opens_nothing(string what, string sql)
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var a = await rig.PublishAsync(keys, KeyRig.Subject());
        var b = await rig.PublishAsync(keys, KeyRig.Subject());
        await AddMasterKeyAsync(rig);
        await rig.AssertReadableAsync(rig.NewReplica(), a, b);
        await rig.ExecuteAsync(sql
            .Replace("{AKey}", $"{a.OwnerKeyId}", StringComparison.Ordinal).Replace("{BKey}", $"{b.OwnerKeyId}", StringComparison.Ordinal)
            .Replace("{A}", $"{a.DataKeyId}", StringComparison.Ordinal).Replace("{B}", $"{b.DataKeyId}", StringComparison.Ordinal));
        var refused = await Record.ExceptionAsync(() => rig.ReadAsync(rig.NewReplica(), a.DataKeyId));
        Assert.True(refused is KeyTamperedException, $"{what}: {refused}");
    }

    [Fact]
    public async Task A_key_whose_row_is_gone_is_reported_as_tampered()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var published = await rig.PublishAsync(rig.NewReplica(), KeyRig.Subject());
        await rig.ExecuteAsync("delete from data_keys");
        await Assert.ThrowsAsync<KeyTamperedException>(() => rig.ReadAsync(rig.NewReplica(), published.DataKeyId));
    }

    [Fact]
    public async Task A_retired_ticket_key_revived_under_a_new_id_verifies_nothing()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var revived = Guid.CreateVersion7();
        await rig.ExecuteAsync($"insert into service_keys (id, purpose, kek_version_id, wrapped) select '{revived}', purpose, kek_version_id, wrapped from service_keys where purpose = 'ticket'");
        await Assert.ThrowsAsync<KeyTamperedException>(() => rig.NewReplica().VerificationKeyAsync(revived, KeyRig.Ct));
    }

    [Fact]
    public async Task A_damaged_key_of_an_owner_loses_no_new_recording()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var owner = KeyRig.Subject();
        await rig.PublishAsync(rig.NewReplica(), owner);
        await rig.ExecuteAsync("update owner_keys set wrapped = set_byte(wrapped, 30, get_byte(wrapped, 30) # 1)");
        var next = await rig.PublishAsync(rig.NewReplica(), owner);
        await rig.AssertReadableAsync(rig.NewReplica(), next);
        Assert.Contains(rig.Log.Lines, line => line.Level is Microsoft.Extensions.Logging.LogLevel.Error && line.Text.Contains($"{owner.Id}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_damaged_master_key_loses_no_new_recording()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        await rig.ExecuteAsync("update master_keys set wrapped = set_byte(wrapped, 30, get_byte(wrapped, 30) # 1)");
        var published = await rig.PublishAsync(rig.NewReplica(), new KeyOwner(OwnerKind.Recording, Guid.CreateVersion7()));
        await rig.AssertReadableAsync(rig.NewReplica(), published);
        Assert.Contains(rig.Log.Lines, line => line.Level is Microsoft.Extensions.Logging.LogLevel.Error && line.Text.Contains("master_keys", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_public_key_put_in_place_of_the_KEKs_is_found_by_the_probe_and_wraps_nothing_more()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = await rig.NewWarmReplicaAsync();
        using var foreign = System.Security.Cryptography.RSA.Create(3072);
        await rig.ExecuteAsync($"update kek_versions set public_key = '\\x{Convert.ToHexString(foreign.ExportSubjectPublicKeyInfo())}'");
        var health = await keys.ProbeAsync(KeyRig.Ct);
        Assert.Equal(KekCondition.Denied, health.Condition);
        await Assert.ThrowsAsync<KekDeniedException>(() => rig.PublishAsync(keys, KeyRig.Subject()));
        // A process that has just started finds out before it makes its first key.
        await rig.ExecuteAsync("update master_keys set retired_at = app_now()");
        await Assert.ThrowsAsync<KekDeniedException>(() => rig.PublishAsync(rig.NewReplica(), KeyRig.Subject()));
    }

    // In an outage a fresh process makes one of its own.
    static async Task AddMasterKeyAsync(KeyRig rig)
    {
        rig.Fault.Fault = KekFault.Unavailable;
        await rig.PublishAsync(rig.NewReplica(), KeyRig.Subject());
        rig.Fault.Fault = KekFault.None;
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
    }
}
