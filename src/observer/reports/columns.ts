import type { ReportType } from './types.ts';

const list = (names: string): readonly string[] => names.trim().split(/\s+/);

/**
 * Columns of the CSV form of each report, in upstream's order (ObserveRTC schemas 2.2.0, `reports/*Csv.ts`). A test
 * holds them beside the published package.
 */
export const REPORT_COLUMNS: Readonly<Record<ReportType, readonly string[]>> = {
  'observer-event': list(`
    serviceId timestamp callId name attachments clientId marker mediaUnitId message peerConnectionId
    roomId sampleSeq sampleTimestamp userId value
  `),
  'call-event': list(`
    serviceId timestamp name attachments callId clientId marker mediaTrackId mediaUnitId message
    peerConnectionId roomId sampleSeq sampleTimestamp SSRC userId value
  `),
  'call-meta-data': list(`
    serviceId timestamp callId clientId marker mediaUnitId payload peerConnectionId roomId sampleSeq
    sampleTimestamp type userId
  `),
  'client-extension-data': list(`
    serviceId timestamp extensionType callId clientId marker mediaUnitId payload peerConnectionId roomId
    sampleSeq userId
  `),
  'peer-connection-transport': list(`
    serviceId mediaUnitId timestamp callId clientId peerConnectionId sampleSeq bytesReceived bytesSent
    dtlsCipher dtlsState iceLocalUsernameFragment iceRole iceState label localCertificateId marker
    packetsReceived packetsSent remoteCertificateId roomId selectedCandidatePairChanges
    selectedCandidatePairId srtpCipher tlsGroup tlsVersion userId
  `),
  'ice-candidate-pair': list(`
    serviceId mediaUnitId timestamp callId clientId peerConnectionId sampleSeq availableIncomingBitrate
    availableOutgoingBitrate bytesDiscardedOnSend bytesReceived bytesSent consentRequestsSent
    currentRoundTripTime label lastPacketReceivedTimestamp lastPacketSentTimestamp localCandidateId
    marker nominated packetsDiscardedOnSend packetsReceived packetsSent remoteCandidateId
    requestsReceived requestsSent responsesReceived responsesSent roomId state totalRoundTripTime
    transportId userId
  `),
  'peer-connection-data-channel': list(`
    serviceId mediaUnitId timestamp callId clientId peerConnectionId sampleSeq bytesReceived bytesSent
    label marker messagesReceived messagesSent peerConnectionLabel protocol roomId state userId
  `),
  'inbound-audio-track': list(`
    serviceId mediaUnitId timestamp callId clientId peerConnectionId sampleSeq ssrc audioLevel
    bytesReceived bytesSent concealedSamples concealmentEvents decoderImplementation
    estimatedPlayoutTimestamp fecPacketsDiscarded fecPacketsReceived headerBytesReceived
    insertedSamplesForDeceleration jitter jitterBufferDelay jitterBufferEmittedCount
    jitterBufferMinimumDelay jitterBufferTargetDelay label lastPacketReceivedTimestamp marker nackCount
    packetsDiscarded packetsLost packetsReceived packetsSent remoteClientId remotePeerConnectionId
    remoteTimestamp remoteTrackId remoteUserId removedSamplesForAcceleration reportsSent roomId
    roundTripTime roundTripTimeMeasurements sfuSinkId sfuStreamId silentConcealedSamples
    synthesizedSamplesDuration synthesizedSamplesEvents totalAudioEnergy totalPlayoutDelay
    totalProcessingDelay totalRoundTripTime totalSamplesCount totalSamplesDuration totalSamplesReceived
    trackId userId
  `),
  'inbound-video-track': list(`
    serviceId mediaUnitId timestamp callId clientId peerConnectionId sampleSeq ssrc bytesReceived
    bytesSent decoderImplementation estimatedPlayoutTimestamp fecPacketsDiscarded fecPacketsReceived
    firCount frameHeight framesDecoded framesDropped framesPerSecond framesReceived frameWidth
    headerBytesReceived jitter jitterBufferDelay jitterBufferEmittedCount jitterBufferMinimumDelay
    jitterBufferTargetDelay keyFramesDecoded label lastPacketReceivedTimestamp marker nackCount
    packetsDiscarded packetsLost packetsReceived packetsSent pliCount qpSum remoteClientId
    remotePeerConnectionId remoteTimestamp remoteTrackId remoteUserId reportsSent roomId roundTripTime
    roundTripTimeMeasurements sfuSinkId sfuStreamId totalDecodeTime totalInterFrameDelay
    totalProcessingDelay totalRoundTripTime totalSquaredInterFrameDelay trackId userId
  `),
  'outbound-audio-track': list(`
    serviceId mediaUnitId timestamp callId clientId peerConnectionId sampleSeq ssrc active audioLevel
    averageRtcpInterval bytesSent droppedSamplesDuration droppedSamplesEvents echoReturnLoss
    echoReturnLossEnhancement encoderImplementation fractionLost headerBytesSent jitter label marker
    nackCount packetsLost packetsReceived packetsSent relayedSource retransmittedBytesSent
    retransmittedPacketsSent rid roomId roundTripTime roundTripTimeMeasurements sfuStreamId
    targetBitrate totalAudioEnergy totalCaptureDelay totalEncodedBytesTarget totalPacketSendDelay
    totalRoundTripTime totalSamplesCaptured totalSamplesDuration trackId userId
  `),
  'outbound-video-track': list(`
    serviceId mediaUnitId timestamp callId clientId peerConnectionId sampleSeq ssrc active
    averageRtcpInterval bytesSent encoderImplementation firCount fractionLost frameHeight frames
    framesDropped framesEncoded framesPerSecond framesSent frameWidth headerBytesSent height
    hugeFramesSent jitter keyFramesEncoded label marker nackCount packetsLost packetsReceived
    packetsSent pliCount qpSum qualityLimitationDurationBandwidth qualityLimitationDurationCPU
    qualityLimitationDurationNone qualityLimitationDurationOther qualityLimitationReason
    qualityLimitationResolutionChanges relayedSource retransmittedBytesSent retransmittedPacketsSent rid
    roomId roundTripTime roundTripTimeMeasurements sfuStreamId targetBitrate totalEncodedBytesTarget
    totalEncodeTime totalPacketSendDelay totalRoundTripTime trackId userId width
  `),
  'sfu-event': list(`
    serviceId timestamp name attachments callId marker mediaSinkId mediaStreamId mediaUnitId message
    rtpPadId sctpStreamId sfuId transportId value
  `),
  'sfu-meta-data': list(`
    serviceId timestamp callId marker mediaSinkId mediaStreamId mediaUnitId payload rtpPadId
    sctpStreamId sfuId transportId type
  `),
  'sfu-extension-data': list(`
    serviceId timestamp extensionType marker mediaUnitId payload sfuId
  `),
  'sfu-transport': list(`
    serviceId mediaUnitId sfuId timestamp transportId callId dtlsState iceRole iceState internal
    localAddress localPort marker protocol remoteAddress remotePort roomId rtpBytesReceived rtpBytesSent
    rtpPacketsLost rtpPacketsReceived rtpPacketsSent rtxBytesReceived rtxBytesSent rtxPacketsDiscarded
    rtxPacketsLost rtxPacketsReceived rtxPacketsSent sctpBytesReceived sctpBytesSent sctpPacketsReceived
    sctpPacketsSent sctpState
  `),
  'sfu-inbound-rtp-pad': list(`
    serviceId mediaUnitId sfuId timestamp transportId sfuStreamId rtpPadId ssrc bytesReceived callId
    clientId clockRate fecPacketsDiscarded fecPacketsReceived firCount fractionLost framesDecoded
    framesReceived internal jitter keyFramesDecoded marker mediaType mimeType nackCount packetsDiscarded
    packetsDuplicated packetsFailedDecryption packetsLost packetsReceived packetsRepaired payloadType
    pliCount remoteRtpPadId remoteSfuId remoteSinkId remoteTransportId rid roundTripTime rtcpRrSent
    rtcpSrReceived rtxPacketsDiscarded rtxPacketsReceived rtxSsrc sdpFmtpLine sliCount targetBitrate
    trackId voiceActivityFlag
  `),
  'sfu-outbound-rtp-pad': list(`
    serviceId mediaUnitId sfuId timestamp transportId sfuStreamId sfuSinkId rtpPadId ssrc bytesSent
    callId clientId clockRate fecPacketsDiscarded fecPacketsSent firCount framesEncoded framesSent
    internal keyFramesEncoded marker mediaType mimeType nackCount packetsDiscarded packetsDuplicated
    packetsFailedEncryption packetsLost packetsRetransmitted packetsSent payloadType pliCount rid
    roundTripTime rtcpRrReceived rtcpSrSent rtxPacketsDiscarded rtxPacketsSent rtxSsrc sdpFmtpLine
    sliCount targetBitrate trackId voiceActivityFlag
  `),
  'sfu-sctp-stream': list(`
    serviceId mediaUnitId sfuId timestamp transportId streamId bytesReceived bytesSent callId internal
    label marker messageReceived messageSent protocol roomId sctpCongestionWindow sctpMtu
    sctpReceiverWindow sctpSmoothedRoundTripTime sctpUnackData
  `),
};
