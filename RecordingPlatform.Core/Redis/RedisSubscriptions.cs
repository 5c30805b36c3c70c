namespace RecordingPlatform.Core.Redis;

/// <summary>Who listens to which channel, on whatever connection there is: each new one subscribes to all again.</summary>
internal sealed class RedisSubscriptions
{
    readonly Lock _gate = new();
    readonly Dictionary<string, List<RedisSubscription>> _channels = new(StringComparer.Ordinal);
    RedisConnection? _connection;

    public RedisSubscription Add(string channel)
    {
        var subscription = new RedisSubscription(channel, Remove);
        lock (_gate)
        {
            if (_channels.TryGetValue(channel, out var listeners))
                listeners.Add(subscription);
            else
                _channels[channel] = [subscription];
            // Also for a second listener: the server's confirmation is what tells each that it has taken hold.
            Send("SUBSCRIBE", channel);
        }

        return subscription;
    }

    /// <summary>From now on this connection is the one that listens.</summary>
    public void Use(RedisConnection connection)
    {
        lock (_gate)
        {
            _connection = connection;
            connection.Listen(Receive);
            foreach (var channel in _channels.Keys)
                Send("SUBSCRIBE", channel);
        }
    }

    public void Forget()
    {
        lock (_gate)
            _connection = null;
    }

    void Remove(RedisSubscription subscription)
    {
        lock (_gate)
        {
            if (!_channels.TryGetValue(subscription.Channel, out var listeners) || !listeners.Remove(subscription) || listeners.Count > 0)
                return;
            _channels.Remove(subscription.Channel);
            Send("UNSUBSCRIBE", subscription.Channel);
        }
    }

    // A channel that could not be asked for is one that nobody hears: better a new connection.
    void Send(string command, string channel)
    {
        if (_connection is { } connection && !connection.TrySend(new(command, channel)))
            connection.Close("cannot subscribe");
    }

    void Receive(RespReply reply)
    {
        switch (reply.Items)
        {
            case null when reply.Kind is RespKind.Text: // to a PING while nothing is subscribed to
                break;
            case [{ Bytes: { } kind }, { Bytes: { } channel }, { Kind: RespKind.Bulk, Bytes: { } message }] when kind.AsSpan().SequenceEqual("message"u8):
                Deliver(System.Text.Encoding.UTF8.GetString(channel), message);
                break;
            case [{ Bytes: { } kind }, { Bytes: { } channel }, { Kind: RespKind.Integer }] when kind.AsSpan().SequenceEqual("subscribe"u8):
                Deliver(System.Text.Encoding.UTF8.GetString(channel), null);
                break;
            case [{ Bytes: { } kind }, ..] when kind.AsSpan().SequenceEqual("unsubscribe"u8) || kind.AsSpan().SequenceEqual("pong"u8):
                break;
            default:
                throw new RespProtocolException("a message has no known shape");
        }
    }

    void Deliver(string channel, ReadOnlyMemory<byte>? message)
    {
        lock (_gate)
        {
            foreach (var listener in _channels.GetValueOrDefault(channel, []))
                listener.Deliver(message);
        }
    }
}
